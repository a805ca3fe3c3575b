// The stream of events: read by fetch rather than EventSource, which could not carry a key. Same wire, same
// Last-Event-ID: after a break we ask for what we missed.
import {authorization} from "./api.js";

const RETRY = [500, 1000, 2000, 4000];  // milliseconds

let last = "";
let stop = null;
let failures = 0;
let hear = () => {};
let tell = () => {};

// `onEvent({kind, id, data})`; `onState("open" | "lost")`.
export function listen(onEvent, onState) {
  hear = onEvent;
  tell = onState;
  addEventListener("online", restart);
  addEventListener("offline", () => { stop?.abort(); tell("lost"); });
  // A hidden tab gives its connection back, since a browser has six per server; seen again, it catches up.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop?.abort() : restart()));
  follow();
}

export function restart() {
  stop?.abort();
  failures = 0;
  follow();
}

async function follow() {
  const mine = (stop = new AbortController());
  try {
    const headers = {...authorization(), Accept: "text/event-stream", ...(last ? {"Last-Event-ID": last} : {})};
    const answer = await fetch("/api/events", {headers, signal: mine.signal, cache: "no-store"});
    if (!answer.ok) throw new Error(String(answer.status));
    failures = 0;
    tell("open");
    await read(answer.body.pipeThrough(new TextDecoderStream()).getReader());
  } catch { /* Said below, whatever it was. */ }
  if (mine !== stop || mine.signal.aborted) return;
  if (failures > 0) tell("lost");
  setTimeout(() => mine === stop && !mine.signal.aborted && follow(), RETRY[Math.min(failures++, RETRY.length - 1)]);
}

async function read(reader) {
  let rest = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const parts = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = parts.pop();
    parts.map(parse).filter(Boolean).forEach(hear);
  }
}

function parse(block) {
  const found = {kind: "message", data: ""};
  for (const line of block.split("\n")) {
    const [, name, value] = line.match(/^(\w+): ?(.*)$/) ?? [];
    if (name === "event") found.kind = value;
    if (name === "id") last = value;
    if (name === "data") found.data += value;
  }
  if (!found.data) return null;
  try {
    return {...found, data: JSON.parse(found.data)};
  } catch {
    return null;
  }
}
