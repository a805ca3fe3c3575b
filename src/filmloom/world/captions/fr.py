"""French. A speaker can correct every line; `phrasebook.py` explains the format and `grammar.py` the brackets."""

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "fr"
SALT = 10
GENDERS = "mf"
FULL_STOP = "."
MEND = ((r"\b([Dd]e) (?=une? )", "d'"), (r"\bque (?=une? |il |elle )", "qu'"), (r"\bde le\b", "du"), (r"\bà le\b", "au"))

AFTER = "<[, {weather_clause}]><[, {light}]><[, {mood}]><[, {camera}]>"
TAGS = "<[, {time_tag}]><[, {weather_tag}]><[, {light_tag}]><[, {mood_tag}]><[, {camera_tag}]>"
FRAMES = {
    "does": "{kind} {action} {setting}[ {time}]" + AFTER,
    "lead": "{lead}{kind} qui {action} {setting}[ {time}]" + AFTER,
    "does-weather": "{kind} {action} {setting}[ {time}] {weather}[, {light}][, {camera}]",
    "place-first": "{setting}[, {time}], {kind} {action}" + AFTER,
    "time-first": "{time}, {kind} {action} {setting}" + AFTER,
    "weather-first": "{weather}, {kind} {action} {setting}[ {time}][, {light}][, {camera}]",
    "there-is": "il y a {kind} qui {action} {setting}[ {time}]" + AFTER,
    "we-see": "(on voit|nous voyons) {kind} qui {action} {setting}[ {time}][ {weather}][, {mood}][, {camera}]",
    "camera-while": "{camera} pendant que {kind} {action} {setting}[ {time}][ {weather}][, {light}]",
    "adverb": "{kind} {action} {mood_adverb} {setting}[ {time}][, {weather_clause}][, {light}][, {camera}]",
    "mood-first": "{mood}, {kind} {action} {setting}[ {time}][, {weather_clause}][, {camera}]",
    "colour-after": "{kind_plain} {action} {setting}[ {time}] ; {colour_says}[, {weather_clause}][, {camera}]",
    "imagine": "(imagine|imaginez) {kind} qui {action} {setting}[ {time}]. [{weather_clause}. ][{light}. ][{camera}.]",
    "only": "{setting}[ {time}], seulement {kind} qui {action}" + AFTER,
    "tale": "il était une fois {kind} qui {action} {setting}[ {time}]" + AFTER,
    "subject-only": "{lead}{kind} qui {action}[ {time}][, {camera}]",
    "tags": "{kind_tag}, {setting_tag}, {action_tag}" + TAGS,
    "tags-action": "{kind_tag} {action_tag}, {setting_tag}" + TAGS,
    "tags-place": "{setting_tag}[, {time_tag}], {kind_tag}, {action_tag}[, {weather_tag}][, {camera_tag}]",
    "form": "sujet : {kind_tag} ; action : {action_tag} ; lieu : {setting_tag}[ ; heure : {time_tag}][ ; temps : {weather_tag}][ ; lumière : {light_tag}][ ; caméra : {camera_tag}]",
    "pair-and": "{kind} {action} et {kind2} {action2} {setting}[ {time}]" + AFTER,
    "pair-both": "{lead}{kind} et {kind2} {setting}[ {time}]" + AFTER,
    "pair-while": "{kind} {action} {setting}[ {time}] pendant que {kind2} {action2}" + AFTER,
    "pair-with": "{kind} {action} {setting}[ {time}], {relation_with}" + AFTER,
    "pair-place": "{setting}[ {time}], {kind} {action}, {relation_with}" + AFTER,
    "pair-clause": "{kind} {action} {setting}[ {time}] et {relation_clause}" + AFTER,
    "pair-says": "{relation_says} {setting}[ {time}]" + AFTER,
    "pair-says-place": "{setting}[ {time}], {relation_says}" + AFTER,
    "pair-semicolon": "{setting}[ {time}], {kind} {action}; {kind2} {action2}" + AFTER,
    "pair-time-and": "{time}, {kind} {action} et {kind2} {action2} {setting}[, {weather_clause}][, {camera}]",
    "pair-says-time": "{time}, {relation_says} {setting}[, {weather_clause}][, {camera}]",
    "pair-tags": "{relation_tag}, {setting_tag}" + TAGS,
}
RARE = {"subject-only": 0.4, "tale": 0.5, "only": 0.5}
STYLED = ("{}, {style}", "{style}, {}", "{style_tag} : {}", "{}, {style_tag}")
LEADS = ("une vidéo de ", "un film avec ", "(s'il te plaît, |)fais une vidéo de ", "montre-moi ", "une scène avec ", "crée un clip de ", "")

LITTLE = {"a": "un/une", "it": "il/elle", "him": "lui/elle"}
SUBJECT = {
    "plain": ("{a} {noun}",),
    "plain_tag": ("{noun}",),
    "coloured": ("{a} {noun} {colour}",),
    "coloured_tag": ("{noun} {colour}",),
    "worn": ("{a} {noun} en {part} {colour_part}", "{a} {noun} avec {a_part} {part} {colour_part}", "{a} {noun} qui porte {a_part} {part} {colour_part}"),
    "worn_tag": ("{noun} en {part} {colour_part}", "{noun}, {part} {colour_part}"),
    "says": ("{it} est {colour}", "{a} {noun} {colour}"),
    "worn_says": ("{it} porte {a_part} {part} {colour_part}", "{it} a {a_part} {part} {colour_part}"),
}
CLOTHED, CLOTHED_TAG = "{} {clothes}", "{}, {clothes_tag}"
SEASONED, SEASONED_TAG = "{} {season}", "{}, {season_tag}"

NOUNS = {
    "airplane": "avion m, aéroplane m", "balloon": "ballon à air chaud m, montgolfière f", "bird": "oiseau m, petit oiseau m", "boy": "garçon m, petit garçon m", "bus": "bus m, autobus m", "butterfly": "papillon m",
    "car": "voiture f, automobile f", "cat": "chat m, chaton m, minet m", "dinosaur": "dinosaure m", "dog": "chien m, chiot m", "duck": "canard m, caneton m", "elephant": "éléphant m, éléphanteau m", "fish": "poisson m, petit poisson m",
    "fox": "renard m, renardeau m", "girl": "fille f, petite fille f, fillette f", "horse": "cheval m, poney m", "man": "homme m, monsieur m", "penguin": "pingouin m, manchot m", "rabbit": "lapin m, petit lapin m",
    "robot": "robot m, androïde m", "rocket": "fusée f, fusée spatiale f", "sailboat": "voilier m, bateau à voile m", "train": "train m", "turtle": "tortue f", "whale": "baleine f", "woman": "femme f, dame f",
}
PARTS = {"girl": "robe f", "woman": "robe f", "boy": "chemise f, t-shirt m", "man": "chemise f, t-shirt m"}
COLOURS = {
    "red": "rouge, rouge vif, écarlate", "orange": "orange, orangé/orangée", "yellow": "jaune, jaune citron", "green": "vert/verte, vert émeraude", "teal": "turquoise, bleu-vert", "blue": "bleu/bleue, bleu ciel, bleu azur",
    "purple": "violet/violette, lilas, mauve", "pink": "rose, rose vif", "white": "blanc/blanche, blanc neige", "black": "noir/noire, noir de jais", "grey": "gris/grise, gris argenté", "brown": "marron, brun/brune",
}
ACTIONS = {
    "bow": "s'incline, fait une révérence; s'inclinant, faisant une révérence", "cheer": "pousse des hourras, acclame; acclamant", "clap": "applaudit, tape dans ses mains; applaudissant", "crawl": "rampe, avance à quatre pattes; rampant",
    "dance": "danse, danse avec grâce, est en train de danser; dansant", "dive": "plonge, plonge vers le fond; plongeant", "drift": "dérive, se laisse porter par le vent; dérivant", "drive": "roule, roule sur la route, circule; roulant, circulant",
    "eat": "mange, est en train de manger; mangeant", "flap": "bat des ailes, agite les ailes; battant des ailes", "float": "flotte, flotte tranquillement; flottant", "flutter": "voltige, papillonne; voltigeant", "fly": "vole, passe en volant; volant",
    "glide": "plane, glisse en douceur; planant", "graze": "broute, mange de l'herbe; broutant", "hop": "sautille, avance par petits bonds; sautillant", "hover": "reste suspendu en l'air/reste suspendue en l'air, fait du surplace; suspendu en l'air/suspendue en l'air",
    "jump": "saute, bondit; sautant, bondissant", "land": "atterrit, se pose; atterrissant", "launch": "décolle, s'élance vers le ciel; décollant", "look": "regarde autour de soi, observe les alentours; observant", "nod": "hoche la tête, acquiesce; hochant la tête",
    "read": "lit, lit un livre, est en train de lire; lisant", "rise": "monte, s'élève; montant, s'élevant", "roar": "rugit, rugit très fort; rugissant", "rock": "se balance, tangue doucement; se balançant", "roll": "se roule par terre, fait des roulades; se roulant par terre",
    "run": "court, court vite; courant", "sail": "navigue, vogue; naviguant, voguant", "sing": "chante, chante une chanson; chantant", "sit": "est assis/est assise, reste assis/reste assise; assis/assise", "sleep": "dort, fait la sieste, dort profondément; dormant, endormi/endormie",
    "slide": "glisse, fait des glissades; glissant", "spin": "tourne, tournoie, tourne sur place; tournant, tournoyant", "stretch": "s'étire, fait des étirements; s'étirant", "swim": "nage, est en train de nager; nageant", "trot": "trotte, va au trot; trottant",
    "wait": "attend, est à l'arrêt; attendant, à l'arrêt", "walk": "marche, se promène; marchant, se promenant", "wave": "salue de la main, fait signe de la main; saluant de la main",
}
ACTIONS_OF = {"elephant wave": "agite sa trompe, salue avec sa trompe; agitant sa trompe", "penguin slide": "glisse sur le ventre, glisse; glissant", "fish glide": "glisse en douceur; glissant en douceur"}
OVER = "au-dessus {place}"
SETTINGS = {
    "autumn_park": "dans un parc en automne, sous des érables dorés; parc d'automne, érables dorés; d'un parc d'automne", "bamboo_grove": "dans une bambouseraie, parmi les grands bambous; bambouseraie, bambous; d'une bambouseraie", "beach": "sur la plage, au bord de la mer; plage, bord de mer; de la plage",
    "cherry_garden": "sous un cerisier, sous des cerisiers en fleurs, dans un jardin de cerisiers; cerisier, cerisiers en fleurs; des cerisiers en fleurs", "city": "dans la ville, dans une rue de la ville, entre de grands immeubles; ville, grands immeubles; de la ville", "desert": "dans le désert, parmi les dunes; désert, dunes; du désert",
    "meadow": "dans un pré fleuri, dans un champ de fleurs; pré fleuri, champ de fleurs; d'un pré fleuri", "moon": "sur la lune, parmi les cratères de la lune; lune, cratères lunaires; des cratères de la lune", "mountain_lake": "sur un lac de montagne, au bord d'un lac entre les montagnes; lac de montagne; d'un lac de montagne",
    "reef": "dans un récif de corail, parmi les coraux sous la mer; récif de corail, coraux", "sea": "sur la mer, au large, sur l'océan; mer, océan; de la mer", "snow_forest": "dans une forêt enneigée, parmi les pins couverts de neige; forêt enneigée, pins enneigés; d'une forêt enneigée",
    "village": "dans un village, dans un petit village, sur un chemin du village; village, petit village; des toits du village", "farm": "dans une ferme, dans la cour d'une ferme; ferme; d'une ferme", "jungle": "dans la jungle, dans la forêt tropicale; jungle, forêt tropicale; de la jungle",
    "volcano": "près d'un volcan, au pied d'un volcan; volcan; d'un volcan", "harbour": "dans le port, sur les quais; port, quais; du port", "castle": "devant un château, dans la cour d'un vieux château; château, vieux château; d'un château", "waterfall": "près d'une cascade, au pied d'une chute d'eau; cascade, chute d'eau; d'une cascade",
    "playground": "sur une aire de jeux, entre balançoires et toboggans; aire de jeux; d'une aire de jeux", "bedroom": "dans une chambre, dans une chambre douillette, dans la chambre d'enfant; chambre, chambre d'enfant", "stage_hall": "sur une scène de théâtre, sur les planches d'un théâtre; scène de théâtre, théâtre",
    "arctic": "dans l'Arctique, sur la banquise, parmi les icebergs; Arctique, banquise, icebergs; de la banquise", "lavender_field": "dans un champ de lavande, entre des rangées de lavande; champ de lavande; d'un champ de lavande",
}
TIMES = {
    "dawn": "à l'aube, au lever du jour; aube, lever du jour", "morning": "le matin, au matin; matin", "noon": "à midi, en plein midi; midi", "sunset": "au coucher du soleil, le soir; coucher du soleil, soir", "dusk": "au crépuscule, à la tombée de la nuit; crépuscule", "night": "la nuit, en pleine nuit; nuit",
}
WEATHERS = {
    "clear": "sous un ciel clair, par beau temps; le ciel est clair, il n'y a pas un nuage; ciel clair, beau temps", "breeze": "dans une brise légère, par vent léger; une brise légère souffle, le vent souffle doucement; brise légère, vent léger", "cloudy": "sous un ciel couvert, sous les nuages; le ciel est couvert, des nuages couvrent le ciel; nuageux, ciel couvert",
    "rain": "sous la pluie, par temps de pluie; il pleut, la pluie tombe; pluie", "snow": "sous la neige qui tombe, pendant une chute de neige; il neige, des flocons tombent; neige, chute de neige", "fog": "dans le brouillard, dans la brume; il y a du brouillard, la brume couvre tout; brouillard, brume",
    "storm": "en plein orage, dans la tempête; l'orage gronde, des éclairs déchirent le ciel; orage, tempête", "rainbow": "sous un arc-en-ciel, avec un arc-en-ciel dans le ciel; un arc-en-ciel brille, un arc-en-ciel traverse le ciel; arc-en-ciel",
}
LIGHTS = {"natural": "en lumière naturelle, la lumière est douce et naturelle; lumière naturelle", "sunbeams": "des rayons de soleil tombent, avec des rayons de soleil; rayons de soleil", "golden": "dans une lumière dorée, la lumière est dorée et chaude; lumière dorée"}
MOODS = {
    "calm": "calme, paisible; calmement, paisiblement", "joyful": "joyeuse, gaie; joyeusement, gaiement", "dreamy": "rêveuse, féerique; rêveusement, comme dans un rêve", "gloomy": "sombre, triste, mélancolique; tristement, avec mélancolie", "mysterious": "mystérieuse, énigmatique; mystérieusement, avec mystère",
    "festive": "festive, de fête; festivement, comme à la fête", "tender": "tendre, affectueuse; tendrement, avec tendresse", "tense": "tendue, pleine de suspense; avec tension, sous tension",
}
MOOD = {"": ("dans une ambiance {mood_word}", "dans une atmosphère {mood_word}", "avec une humeur {mood_word}"), "tag": ("ambiance {mood_word}", "atmosphère {mood_word}")}
CAMERAS = {
    "still": "la caméra reste fixe, la caméra ne bouge pas; caméra fixe, plan fixe", "pan_left": "la caméra tourne vers la gauche, la caméra glisse lentement vers la gauche; panoramique à gauche", "pan_right": "la caméra tourne vers la droite, la caméra glisse lentement vers la droite; panoramique à droite",
    "push_in": "la caméra s'approche, la caméra avance lentement; travelling avant, zoom avant", "pull_out": "la caméra s'éloigne, la caméra recule lentement; travelling arrière, zoom arrière", "tilt_up": "la caméra s'incline vers le haut, la caméra regarde vers le haut; panoramique vers le haut",
    "tilt_down": "la caméra s'incline vers le bas, la caméra regarde vers le bas; panoramique vers le bas", "orbit": "la caméra tourne autour, la caméra décrit un cercle; plan en orbite, caméra en orbite",
}
SEASONS = {"spring": "au printemps; printemps", "summer": "en été; été", "autumn": "à l'automne, en automne; automne", "winter": "en hiver; hiver"}
STYLES = {
    "storybook": "dans le style d'un livre d'images, comme un album illustré; style livre d'images", "flat": "en papier découpé, dans un style plat de papier découpé; papier découpé, style plat", "ink": "comme un lavis à l'encre, en peinture à l'encre; lavis à l'encre, peinture à l'encre", "night_neon": "en style nocturne au néon, aux couleurs de néon; style néon",
}
CLOTHES = {"hat": "coiffé d'un chapeau/coiffée d'un chapeau, avec un chapeau; avec chapeau", "scarf": "avec une écharpe, avec une écharpe au cou; avec écharpe", "coat": "avec un manteau, vêtu d'un manteau/vêtue d'un manteau; avec manteau"}
RELATIONS = {
    "beside": "à côté de {kind2}, aux côtés de {kind2}; à côté {action2} {kind2}, à ses côtés se trouve {kind2}; {kind} est à côté de {kind2}, {kind} {action} à côté de {kind2}; {kind_tag} à côté de {kind2_tag}",
    "behind": "avec {kind2} derrière, avec {kind2} dans son dos; derrière {action2} {kind2}, derrière se trouve {kind2}; {kind2} est derrière {kind}, {kind2} {action2} derrière {kind}; {kind2_tag} derrière {kind_tag}",
    "in_front": "avec {kind2} devant, avec {kind2} juste devant; devant {action2} {kind2}, devant se trouve {kind2}; {kind2} est devant {kind}, {kind2} {action2} devant {kind}; {kind2_tag} devant {kind_tag}",
    "above": "avec {kind2} au-dessus, avec {kind2} en hauteur; au-dessus {action2} {kind2}, au-dessus se trouve {kind2}; {kind2} est au-dessus de {kind}, {kind2} {action2} au-dessus de {kind}; {kind2_tag} au-dessus de {kind_tag}",
    "follows": "suivi par {kind2}/suivie par {kind2}, et {kind2} vient à la suite; {kind2} suit, {kind2} vient à sa suite; {kind2} suit {kind}, {kind2} marche sur les pas de {kind}; {kind2_tag} suivant {kind_tag}",
    "faces": "face à {kind2}, nez à nez avec {kind2}; {kind2} est en face, {kind2} fait face; {kind2} fait face à {kind}, {kind2} est face à {kind}; {kind2_tag} face à {kind_tag}",
}
STOP_WORDS = """
    le la les l un une des du de d au aux à a et ou mais que qui quoi dont où comme quand pendant si ne pas non oui sur sous dans en par pour avec sans vers chez entre parmi près devant derrière
    est sont était être sera ont avoir il elle ils elles on nous vous je tu me te se s lui leur son sa ses mon ma mes ton ta tes ce cet cette ces c y n qu j m t tout toute tous toutes qu très plus moins aussi encore déjà puis ensuite alors maintenant
    petit petite petits petites grand grande gros grosse beau belle joli jolie jeune vieux vieille mignon mignonne doux douce doucement lentement rapidement deux trois plusieurs autre autres même fois
    s'il plaît fais faire crée créer génère dessine montre moi vois voir imagine imaginez vidéo film clip scène image animation caméra lumière ambiance sujet action lieu heure temps couleur style porte seulement secondes qualité
"""
NEAREST = "dragon=dinosaure lion=chat tigre=chat loup=chien ours=chien camion=bus bateau=voilier navire=voilier vélo=voiture hélicoptère=avion requin=baleine dauphin=baleine aigle=oiseau hibou=oiseau cygne=canard souris=lapin"
