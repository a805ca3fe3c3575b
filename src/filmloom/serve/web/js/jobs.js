// The jobs as the server last told them. Pages watch; nothing here outlives a reload, since the server is the truth.
import {call, get, post} from "./api.js";
import {toast} from "./dom.js";
import {listen, restart} from "./live.js";
import {t} from "./words.js";

export const FINAL = ["done", "failed", "cancelled", "refused"];
export const GOING = ["running", "queued", "paused"];

const known = new Map();
const watchers = new Set();

export function watch(act) {
  watchers.add(act);
  return () => watchers.delete(act);
}

export const job = (id) => known.get(id);

// What only the stream tells, the newest picture and its step, outlives a fresh word from the server.
function keep(view) {
  const {previewed, step} = known.get(view.id) ?? {};
  known.set(view.id, {previewed, step, ...view});
  watchers.forEach((act) => act(view.id, known.get(view.id)));
  return known.get(view.id);
}

function lose(id) {
  known.delete(id);
  watchers.forEach((act) => act(id, null));
}

export async function load(id) {
  try {
    return keep(await get(`/api/jobs/${id}`));
  } catch (error) {
    if (error.status === 404) lose(id);
    throw error;
  }
}

export async function list(query = {}) {
  const page = await get("/api/jobs", query);
  return {...page, data: page.data.map(keep)};
}

// Jobs that wait, run or rest, oldest first.
export async function going() {
  return (await list({state: GOING.join(","), limit: 100, order: "asc"})).data;
}

export async function make(request) {
  const made = keep(await post("/api/jobs", request));
  made.warnings.forEach((warning) => toast(warning, "bad"));
  return made;
}

export async function makeAll(requests) {
  const answer = await post("/api/batch", {requests});
  return answer.data.map(keep);
}

// "cancel", "pause", "resume", "retry"; "remix" with a prompt.
export async function tell(id, order, body = {}) {
  return keep(await post(`/api/jobs/${id}/${order}`, body));
}

export async function remove(id) {
  await call("DELETE", `/api/jobs/${id}`);
  lose(id);
}

// --- Live

const asked = new Map();

function refresh(id) {
  clearTimeout(asked.get(id));
  asked.set(id, setTimeout(() => { asked.delete(id); load(id).catch(() => {}); }, 60));
}

function heard({kind, data}) {
  const id = data.job ?? data.id;
  if (!id) return;
  const old = known.get(id);
  if (kind === "progress" && old?.state === "running") {
    keep({...old, stage: data.stage ?? old.stage, progress: data.progress ?? old.progress, seconds_left: data.seconds_left});
  } else if (kind === "preview" && old) {
    keep({...old, previewed: (old.previewed ?? 0) + 1, step: data, urls: {...old.urls, preview: `/api/jobs/${id}/preview`}});
  } else if (!old || !FINAL.includes(old.state) || kind !== "progress") {
    refresh(id);
  }
}

// What happened between our last word from the server and the start of this stream.
function catchUp() {
  known.forEach((view) => FINAL.includes(view.state) || refresh(view.id));
  going().catch(() => {});
}

export function follow(onState) {
  listen(heard, (state) => {
    if (state === "open") catchUp();
    onState(state);
  });
}

export {restart};

export function title(view) {
  return view.prompt?.trim() || t("film.untitled");
}
