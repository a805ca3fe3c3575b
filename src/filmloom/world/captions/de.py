"""German. A speaker can correct every line; `phrasebook.py` explains the format and `grammar.py` the brackets."""

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "de"
SALT = 34
GENDERS = "mfn"
FULL_STOP = "."

AFTER = "<[, {weather_clause}]><[, {light}]><[, {mood}]><[, {camera}]>"
TAGS = "<[, {time_tag}]><[, {weather_tag}]><[, {light_tag}]><[, {mood_tag}]><[, {camera_tag}]>"
FRAMES = {
    "does": "{lead}{kind} {action} {setting}[ {time}]" + AFTER,
    "does-weather": "{kind} {action} {weather} {setting}[ {time}][, {light}][, {camera}]",
    "time-inside": "{kind} {action} {time} {setting}" + AFTER,
    "place-first": "{setting} {action_and} {kind}[, {weather_clause}][, {light}][, {camera}]",
    "place-time": "{setting} {action_and} {time} {kind}" + AFTER,
    "time-first": "{time} {action_and} {kind} {setting}" + AFTER,
    "weather-first": "{weather} {action_and} {kind} {setting}[, {light}][, {camera}]",
    "there-is": "da ist {kind}, {setting}[ {time}], und {it} {action}" + AFTER,
    "camera-first": "{camera}: {kind} {action} {setting}[ {time}][ {weather}][, {light}]",
    "adverb": "{kind} {action} {mood_adverb} {setting}[ {time}][, {weather_clause}][, {camera}]",
    "mood-first": "{mood}: {kind} {action} {setting}[ {time}][, {weather_clause}][, {camera}]",
    "colour-after": "{kind_plain} {action} {setting}[ {time}], {colour_says}[. {weather_clause}][. {camera}]",
    "imagine": "(stell dir vor|man stelle sich vor): {kind} {action} {setting}[ {time}]. [{weather_clause}. ][{light}. ][{camera}.]",
    "only": "nur {kind} {action} {setting}[ {time}]" + AFTER,
    "tale": "es war einmal {kind}, {it} {action} {setting}[ {time}]" + AFTER,
    "subject-only": "{lead}{kind} {action}[ {time}][, {camera}]",
    "tags": "{kind_tag}, {setting_tag}, {action_tag}" + TAGS,
    "tags-action": "{kind_tag} {action_tag}, {setting_tag}" + TAGS,
    "tags-place": "{setting_tag}[, {time_tag}], {kind_tag}, {action_tag}[, {weather_tag}][, {camera_tag}]",
    "form": "Figur: {kind_tag}; Handlung: {action_tag}; Ort: {setting_tag}[; Zeit: {time_tag}][; Wetter: {weather_tag}][; Licht: {light_tag}][; Kamera: {camera_tag}]",
    "pair-and": "{lead}{kind} {action} und {kind2} {action2} {setting}[ {time}]" + AFTER,
    "pair-both": "{setting} sind {kind} und {kind2}[ {time}]" + AFTER,
    "pair-while": "{kind} {action} {setting}[ {time}], zugleich {action2_and} {kind2}" + AFTER,
    "pair-clause": "{kind} {action} {setting}[ {time}] und {relation_clause}" + AFTER,
    "pair-place": "{setting} {action_and} {kind}, {relation_clause}" + AFTER,
    "pair-with": "{kind} {action} {setting}[ {time}], {relation_with}" + AFTER,
    "pair-time": "{time} {action_and} {kind} {setting}, {relation_with}[, {weather_clause}][, {camera}]",
    "pair-semicolon": "{kind} {action} {setting}[ {time}]; {kind2} {action2}" + AFTER,
    "pair-time-clause": "{time} {action_and} {kind} {setting}, und {relation_clause}[, {weather_clause}][, {camera}]",
    "pair-tags": "{kind_tag}, {relation_tag}, {setting_tag}" + TAGS,
}
RARE = {"subject-only": 0.4, "tale": 0.5, "only": 0.5}
STYLED = ("{}, {style}", "{style}: {}", "{style_tag}: {}", "{}, {style_tag}")
LEADS = ("",) * 8 + ("ein Video: ", "(bitte |)mach ein Video: ", "ein kurzer Film: ", "zeig mir das: ", "eine Szene: ", "Animation: ")

LITTLE = {"a": "ein/eine/ein", "it": "er/sie/es", "him": "ihm/ihr/ihm", "dem": "einem/einer/einem"}
SUBJECT = {
    "plain": ("{a} {noun}",),
    "plain_tag": ("{noun}",),
    "coloured": ("{a} {colour} {noun}",),
    "coloured_tag": ("{colour} {noun}",),
    "worn": ("{a} {noun} in {dem_part} {colour_part} {part}", "{a} {noun} mit {dem_part} {colour_part} {part}"),
    "worn_tag": ("{noun} in {dem_part} {colour_part} {part}",),
    "says": ("{it} ist {colour_name}", "die Farbe ist {colour_name}"),
    "worn_says": ("{it} trägt Kleidung in {colour_name}", "das Kleidungsstück ist {colour_name}"),
}
CLOTHED, CLOTHED_TAG = "{} {clothes}", "{} {clothes_tag}"
SEASONED, SEASONED_TAG = "{} {season}", "{}, {season_tag}"

NOUNS = {
    "airplane": "Flugzeug n, Flieger m", "balloon": "Heißluftballon m, Ballon m", "bird": "Vogel m, Vögelchen n", "boy": "Junge m, Bub m", "bus": "Bus m, Autobus m",
    "butterfly": "Schmetterling m, Falter m", "car": "Auto n, Wagen m", "cat": "Katze f, Kätzchen n", "dinosaur": "Dinosaurier m, Dino m", "dog": "Hund m, Hündchen n, Welpe m",
    "duck": "Ente f, Entlein n", "elephant": "Elefant m", "fish": "Fisch m, Fischlein n", "fox": "Fuchs m, Füchslein n", "girl": "Mädchen n", "horse": "Pferd n, Pony n",
    "man": "Mann m, Herr m", "penguin": "Pinguin m", "rabbit": "Hase m, Kaninchen n, Häschen n", "robot": "Roboter m, Android m", "rocket": "Rakete f, Weltraumrakete f",
    "sailboat": "Segelboot n, Segelschiff n", "train": "Zug m, Eisenbahn f", "turtle": "Schildkröte f", "whale": "Wal m, Walfisch m", "woman": "Frau f, Dame f",
}
PARTS = {"girl": "Kleid n", "woman": "Kleid n", "boy": "Hemd n, T-Shirt n", "man": "Hemd n, T-Shirt n"}
COLOURS = {
    "red": "roter/rote/rotes, leuchtend roter/leuchtend rote/leuchtend rotes; roten; rot", "orange": "orangefarbener/orangefarbene/orangefarbenes; orangefarbenen; orange",
    "yellow": "gelber/gelbe/gelbes, zitronengelber/zitronengelbe/zitronengelbes; gelben; gelb", "green": "grüner/grüne/grünes, smaragdgrüner/smaragdgrüne/smaragdgrünes; grünen; grün",
    "teal": "türkisfarbener/türkisfarbene/türkisfarbenes, blaugrüner/blaugrüne/blaugrünes; türkisfarbenen, blaugrünen; türkis", "blue": "blauer/blaue/blaues, himmelblauer/himmelblaue/himmelblaues; blauen, himmelblauen; blau",
    "purple": "violetter/violette/violettes, lilafarbener/lilafarbene/lilafarbenes; violetten, lilafarbenen; violett", "pink": "rosafarbener/rosafarbene/rosafarbenes, pinkfarbener/pinkfarbene/pinkfarbenes; rosafarbenen; rosa",
    "white": "weißer/weiße/weißes, schneeweißer/schneeweiße/schneeweißes; weißen, schneeweißen; weiß", "black": "schwarzer/schwarze/schwarzes, pechschwarzer/pechschwarze/pechschwarzes; schwarzen; schwarz",
    "grey": "grauer/graue/graues, silbergrauer/silbergraue/silbergraues; grauen; grau", "brown": "brauner/braune/braunes, kastanienbrauner/kastanienbraune/kastanienbraunes; braunen; braun",
}
# finite verb; participle for tags; verbs that may stand before their subject (without a particle behind)
ACTIONS = {
    "bow": "verbeugt sich; verbeugend; verbeugt sich", "cheer": "jubelt; jubelnd; jubelt", "clap": "klatscht, applaudiert; klatschend; klatscht, applaudiert", "crawl": "krabbelt, kriecht; krabbelnd, kriechend; krabbelt, kriecht", "dance": "tanzt; tanzend; tanzt",
    "dive": "taucht; tauchend; taucht", "drift": "schwebt dahin, treibt dahin; dahinschwebend; lässt sich treiben", "drive": "fährt; fahrend; fährt", "eat": "isst, knabbert etwas; essend, knabbernd; isst", "flap": "schlägt mit den Flügeln; mit den Flügeln schlagend; schlägt mit den Flügeln",
    "float": "treibt, treibt ruhig; treibend; treibt", "flutter": "flattert; flatternd; flattert", "fly": "fliegt; fliegend; fliegt", "glide": "gleitet, segelt durch die Luft; gleitend; gleitet", "graze": "grast, frisst Gras; grasend; grast",
    "hop": "hüpft, hoppelt; hüpfend, hoppelnd; hüpft, hoppelt", "hover": "schwebt, schwebt auf der Stelle; schwebend; schwebt", "jump": "springt, springt hoch; springend; springt", "land": "landet, setzt auf; landend; landet", "launch": "startet, hebt ab; startend, abhebend; startet",
    "look": "schaut umher, blickt umher; umherschauend; schaut, blickt", "nod": "nickt, nickt mit dem Kopf; nickend; nickt", "read": "liest, liest ein Buch; lesend; liest", "rise": "steigt auf, steigt empor; aufsteigend; steigt, erhebt sich", "roar": "brüllt, brüllt laut; brüllend; brüllt",
    "rock": "schaukelt, wiegt sich; schaukelnd; schaukelt, wiegt sich", "roll": "wälzt sich, rollt umher; wälzend; wälzt sich", "run": "rennt, läuft schnell; rennend, laufend; rennt", "sail": "segelt, segelt dahin; segelnd; segelt", "sing": "singt, singt ein Lied; singend; singt",
    "sit": "sitzt, sitzt still; sitzend; sitzt", "sleep": "schläft, schlummert; schlafend, schlummernd; schläft, schlummert", "slide": "rutscht, schlittert; rutschend; rutscht, schlittert", "spin": "dreht sich, wirbelt herum; sich drehend, wirbelnd; dreht sich", "stretch": "streckt sich, reckt sich; sich streckend; streckt sich, reckt sich",
    "swim": "schwimmt; schwimmend; schwimmt", "trot": "trabt; trabend; trabt", "wait": "wartet, steht still; wartend; wartet", "walk": "geht, spaziert; gehend, spazierend; geht, spaziert", "wave": "winkt, winkt uns zu; winkend; winkt",
}
ACTIONS_OF = {"elephant wave": "winkt mit dem Rüssel, schwenkt den Rüssel; mit dem Rüssel winkend; winkt mit dem Rüssel", "penguin slide": "rutscht auf dem Bauch, rutscht; rutschend; rutscht", "airplane glide": "gleitet; gleitend; gleitet", "fish glide": "gleitet; gleitend; gleitet"}
OVER = "über {place}"
SETTINGS = {
    "autumn_park": "in einem herbstlichen Park, unter goldenen Ahornbäumen; Herbstpark, goldene Ahornbäume; einem herbstlichen Park", "bamboo_grove": "in einem Bambuswald, zwischen hohem Bambus; Bambuswald, Bambus; einem Bambuswald",
    "beach": "am Strand, am Meeresufer; Strand; dem Strand", "cherry_garden": "unter einem Kirschbaum, unter blühenden Kirschbäumen, in einem Kirschgarten; Kirschbaum, Kirschblüten; den Kirschblüten", "city": "in der Stadt, auf einer Straße in der Stadt, zwischen Hochhäusern; Stadt, Hochhäuser; der Stadt",
    "desert": "in der Wüste, zwischen Sanddünen; Wüste, Sanddünen; der Wüste", "meadow": "auf einer Blumenwiese, in einem Blumenfeld; Blumenwiese, Blumenfeld; einer Blumenwiese", "moon": "auf dem Mond, zwischen Mondkratern; Mond, Mondkrater; der Mondoberfläche",
    "mountain_lake": "auf einem Bergsee, an einem See zwischen Bergen; Bergsee; einem Bergsee", "reef": "in einem Korallenriff, zwischen Korallen unter Wasser; Korallenriff, Korallen", "sea": "auf dem Meer, auf hoher See, auf dem Ozean; Meer, hohe See; dem Meer",
    "snow_forest": "in einem verschneiten Wald, zwischen verschneiten Kiefern; verschneiter Wald; einem verschneiten Wald", "village": "in einem Dorf, auf einem Dorfweg; Dorf, Dorfweg; den Dächern des Dorfes", "farm": "auf einem Bauernhof; Bauernhof; einem Bauernhof",
    "jungle": "im Dschungel, im Regenwald; Dschungel, Regenwald; dem Dschungel", "volcano": "bei einem Vulkan, am Fuß eines Vulkans; Vulkan; einem Vulkan", "harbour": "im Hafen, an der Hafenmauer; Hafen; dem Hafen", "castle": "vor einem Schloss, im Hof einer alten Burg; Schloss, Burg; einem Schloss",
    "waterfall": "an einem Wasserfall, am Fuß eines Wasserfalls; Wasserfall; einem Wasserfall", "playground": "auf einem Spielplatz, zwischen Schaukeln und Rutschen; Spielplatz; einem Spielplatz", "bedroom": "im Schlafzimmer, im Kinderzimmer; Schlafzimmer, Kinderzimmer",
    "stage_hall": "auf einer Bühne, auf der Bühne eines Theaters; Bühne, Theater", "arctic": "in der Arktis, auf dem Polareis, zwischen Eisbergen; Arktis, Polareis, Eisberge; dem Polareis", "lavender_field": "in einem Lavendelfeld, zwischen Lavendelreihen; Lavendelfeld, Lavendel; einem Lavendelfeld",
}
TIMES = {
    "dawn": "im Morgengrauen, bei Sonnenaufgang; Morgengrauen, Sonnenaufgang", "morning": "am Morgen, morgens; Morgen", "noon": "am Mittag, mittags; Mittag", "sunset": "am Abend, bei Sonnenuntergang; Abend, Sonnenuntergang",
    "dusk": "in der Abenddämmerung, im Zwielicht; Abenddämmerung, Zwielicht", "night": "in der Nacht, nachts; Nacht",
}
WEATHERS = {
    "clear": "unter klarem Himmel, bei schönem Wetter; der Himmel ist klar, keine Wolke ist zu sehen; klarer Himmel, schönes Wetter", "breeze": "bei leichtem Wind, in einer sanften Brise; ein leichter Wind weht, eine sanfte Brise weht; leichter Wind, sanfte Brise",
    "cloudy": "unter bewölktem Himmel, unter dichten Wolken; der Himmel ist bewölkt, Wolken bedecken den Himmel; bewölkt, Wolken", "rain": "im Regen, bei Regenwetter; es regnet, der Regen fällt leise; Regen, Regenwetter", "snow": "im Schneefall, bei fallendem Schnee; es schneit, Schneeflocken fallen; Schneefall",
    "fog": "im Nebel, bei dichtem Nebel; es ist neblig, Nebel liegt über allem; Nebel", "storm": "im Sturm, bei Gewitter; ein Sturm tobt, es blitzt und donnert; Sturm, Gewitter", "rainbow": "unter einem Regenbogen, mit einem Regenbogen am Himmel; ein Regenbogen steht am Himmel, ein Regenbogen leuchtet; Regenbogen",
}
LIGHTS = {"natural": "in natürlichem Licht, das Licht ist natürlich; natürliches Licht", "sunbeams": "Sonnenstrahlen fallen herab, mit schrägen Sonnenstrahlen; Sonnenstrahlen", "golden": "in goldenes Licht getaucht, das Licht ist golden und warm; goldenes Licht"}
MOODS = {
    "calm": "ruhige, friedliche; ruhig, friedlich", "joyful": "fröhliche, heitere; fröhlich, heiter", "dreamy": "verträumte, traumhafte; verträumt, wie im Traum", "gloomy": "düstere, traurige; düster, traurig", "mysterious": "geheimnisvolle, rätselhafte; geheimnisvoll, rätselhaft",
    "festive": "festliche, feierliche; festlich, feierlich", "tender": "zärtliche, liebevolle; zärtlich, liebevoll", "tense": "angespannte, spannungsvolle; angespannt, voller Spannung",
}
MOOD = {"": ("eine {mood_word} Stimmung", "eine {mood_word} Atmosphäre"), "tag": ("{mood_word} Stimmung", "{mood_word} Atmosphäre")}
CAMERAS = {
    "still": "die Kamera steht still, die Kamera bewegt sich nicht; feste Kamera, stehende Kamera", "pan_left": "die Kamera schwenkt nach links, die Kamera bewegt sich langsam nach links; Schwenk nach links", "pan_right": "die Kamera schwenkt nach rechts, die Kamera bewegt sich langsam nach rechts; Schwenk nach rechts",
    "push_in": "die Kamera fährt heran, die Kamera kommt näher; Heranfahrt, Zoom hinein", "pull_out": "die Kamera fährt zurück, die Kamera entfernt sich; Rückfahrt, Zoom hinaus", "tilt_up": "die Kamera neigt sich nach oben, die Kamera blickt nach oben; Neigung nach oben",
    "tilt_down": "die Kamera neigt sich nach unten, die Kamera blickt nach unten; Neigung nach unten", "orbit": "die Kamera umkreist alles, die Kamera fährt im Kreis; Kreisfahrt, umkreisende Kamera",
}
SEASONS = {"spring": "im Frühling, im Frühjahr; Frühling", "summer": "im Sommer, zur Sommerzeit; Sommer", "autumn": "im Herbst, zur Herbstzeit; Herbst", "winter": "im Winter, zur Winterzeit; Winter"}
STYLES = {
    "storybook": "im Bilderbuchstil, wie in einem Bilderbuch; Bilderbuchstil", "flat": "im flachen Scherenschnittstil, wie aus Papier geschnitten; Scherenschnitt, Papierschnitt", "ink": "als Tuschemalerei, im Tuschestil; Tuschemalerei, Tuschebild",
    "night_neon": "im leuchtenden Neonstil, in Neonfarben; Neonstil",
}
CLOTHES = {"hat": "mit Hut, mit einem Hut auf dem Kopf; mit Hut", "scarf": "mit Schal, mit einem Schal um den Hals; mit Schal", "coat": "mit Mantel, mit einem warmen Mantel; mit Mantel"}
RELATIONS = {
    "beside": "daneben {kind2}, an der Seite {kind2}; daneben {action2_and} {kind2}, neben {him} ist {kind2}; ; daneben {kind2_tag}",
    "behind": "dahinter {kind2}, im Rücken {kind2}; dahinter {action2_and} {kind2}, hinter {him} ist {kind2}; ; dahinter {kind2_tag}",
    "in_front": "davor {kind2}, ganz vorn {kind2}; davor {action2_and} {kind2}, vor {him} ist {kind2}; ; davor {kind2_tag}",
    "above": "darüber {kind2}, hoch darüber {kind2}; darüber {action2_and} {kind2}, über {him} ist {kind2}; ; darüber {kind2_tag}",
    "follows": "und {kind2} folgt, und {kind2} läuft hinterher; {kind2} folgt {him}, {kind2} kommt hinterher; ; es folgt: {kind2_tag}",
    "faces": "gegenüber {kind2}, von Angesicht zu Angesicht: {kind2}; gegenüber {action2_and} {kind2}, {kind2} blickt {him} entgegen; ; gegenüber {kind2_tag}",
}
STOP_WORDS = """
    der die das den dem des ein eine einen einem einer eines und oder aber wie wo wenn während dass weil als in im an am auf aus bei mit von vom zu zum zur für durch über unter vor hinter neben zwischen um ohne nach bis
    ist sind war waren sein hat haben wird werden kann soll er sie es ihm ihr ihn ihre ihren seine seinen sich ich du wir mir mich dir man da dort hier nicht kein keine sehr ganz nur auch noch schon so dann zuerst danach jetzt
    bitte mach mache machen erstelle erzeuge zeig zeige zeichne video film clip kurzer kurzes szene bild animation kamera licht stimmung figur handlung ort zeit wetter farbe stil trägt kleidung sekunden qualität
    klein kleine kleiner kleines groß große großer schön schöne schöner süß süße jung junge alt alte alter langsam schnell sanft leise zwei drei viele einige alle jede jeder stell vor einmal zugleich
"""
NEAREST = "drache=Dinosaurier drachen=Dinosaurier löwe=Katze tiger=Katze wolf=Hund bär=Hund lastwagen=Bus lkw=Bus schiff=Segelschiff fahrrad=Auto hubschrauber=Flugzeug raumschiff=Rakete hai=Wal delfin=Wal adler=Vogel eule=Vogel schwan=Ente maus=Hase"
