"""Spanish. A speaker can correct every line; `phrasebook.py` explains the format and `grammar.py` the brackets."""

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "es"
SALT = 1
GENDERS = "mf"
FULL_STOP = "."
MEND = ((r"\bde el\b", "del"), (r"\ba el\b", "al"), (r"\by (?=h?i)", "e "))

AFTER = "<[, {weather_clause}]><[, {light}]><[, {mood}]><[, {camera}]>"
TAGS = "<[, {time_tag}]><[, {weather_tag}]><[, {light_tag}]><[, {mood_tag}]><[, {camera_tag}]>"
FRAMES = {
    "does": "{kind} {action} {setting}[ {time}]" + AFTER,
    "does-weather": "{kind} {action} {setting}[ {time}][ {weather}][, {light}][, {camera}]",
    "place-first": "{setting}[ {time}], {kind} {action}" + AFTER,
    "place-verb-first": "{setting} {action} {kind}[ {time}]" + AFTER,
    "time-first": "{time}, {kind} {action} {setting}" + AFTER,
    "weather-first": "{weather}, {kind} {action} {setting}[ {time}][, {light}][, {camera}]",
    "lead": "{lead}{kind} que {action} {setting}[ {time}]" + AFTER,
    "there-is": "hay {kind} que {action} {setting}[ {time}]" + AFTER,
    "we-see": "(se ve a|vemos a) {kind} que {action} {setting}[ {time}][ {weather}][, {mood}][, {camera}]",
    "camera-while": "{camera} mientras {kind} {action} {setting}[ {time}][ {weather}][, {light}]",
    "adverb": "{kind} {action} {mood_adverb} {setting}[ {time}][, {weather_clause}][, {light}][, {camera}]",
    "mood-first": "{mood}, {kind} {action} {setting}[ {time}][, {weather_clause}][, {camera}]",
    "colour-after": "{kind_plain} {action} {setting}[ {time}]; {colour_says}[, {weather_clause}][, {camera}]",
    "imagine": "imagina {kind} que {action} {setting}[ {time}]. [{weather_clause}. ][{light}. ][{camera}.]",
    "only": "{setting}[ {time}], (solo|nada más que) {kind} que {action}" + AFTER,
    "tale": "érase {kind} que {action} {setting}[ {time}]" + AFTER,
    "subject-only": "{lead}{kind} que {action}[ {time}][, {camera}]",
    "tags": "{kind_tag}, {setting_tag}, {action_tag}" + TAGS,
    "tags-action": "{kind_tag} {action_tag}, {setting_tag}" + TAGS,
    "tags-place": "{setting_tag}[, {time_tag}], {kind_tag}, {action_tag}[, {weather_tag}][, {camera_tag}]",
    "form": "sujeto: {kind_tag}; acción: {action_tag}; lugar: {setting_tag}[; hora: {time_tag}][; tiempo: {weather_tag}][; luz: {light_tag}][; cámara: {camera_tag}]",
    "pair-and": "{kind} {action} y {kind2} {action2} {setting}[ {time}]" + AFTER,
    "pair-while": "{kind} {action} {setting}[ {time}] mientras {kind2} {action2}" + AFTER,
    "pair-with": "{kind} {action} {setting}[ {time}], {relation_with}" + AFTER,
    "pair-place": "{setting}[ {time}], {kind} {action} {relation_with}" + AFTER,
    "pair-clause": "{kind} {action} {setting}[ {time}] y {relation_clause}" + AFTER,
    "pair-both": "{lead}{kind} y {kind2} {setting}[ {time}]" + AFTER,
    "pair-says": "{relation_says} {setting}[ {time}]" + AFTER,
    "pair-says-place": "{setting}[ {time}], {relation_says}" + AFTER,
    "pair-semicolon": "{setting}[ {time}], {kind} {action}; {kind2} {action2}" + AFTER,
    "pair-time-and": "{time}, {kind} {action} y {kind2} {action2} {setting}[, {weather_clause}][, {camera}]",
    "pair-says-time": "{time}, {relation_says} {setting}[, {weather_clause}][, {camera}]",
    "pair-tags": "{relation_tag}, {setting_tag}" + TAGS,
}
RARE = {"subject-only": 0.4, "tale": 0.5, "only": 0.5}
STYLED = ("{}, {style}", "{style}, {}", "{style_tag}: {}", "{}, {style_tag}")
LEADS = ("",) * 8 + ("un vídeo de ", "una película de ", "(por favor, |)haz un vídeo de ", "una escena con ", "quiero ver a ", "muestra a ", "crea un clip de ")

LITTLE = {"a": "un/una", "him": "él/ella"}
SUBJECT = {
    "plain": ("{a} {noun}",),
    "plain_tag": ("{noun}",),
    "coloured": ("{a} {noun} {colour}", "{a} {noun} {colour}"),
    "coloured_tag": ("{noun} {colour}",),
    "worn": ("{a} {noun} con {a_part} {part} {colour_part}", "{a} {noun} de {part} {colour_part}", "{a} {noun} que lleva {a_part} {part} {colour_part}"),
    "worn_tag": ("{noun} con {part} {colour_part}", "{noun} de {part} {colour_part}"),
    "says": ("es {colour}", "{a} {noun} {colour}"),
    "worn_says": ("lleva {a_part} {part} {colour_part}", "viste {a_part} {part} {colour_part}"),
}
CLOTHED, CLOTHED_TAG = "{} {clothes}", "{}, {clothes_tag}"
SEASONED, SEASONED_TAG = "{} {season}", "{}, {season_tag}"

NOUNS = {
    "airplane": "avión m, aeroplano m", "balloon": "globo aerostático m, globo de aire caliente m", "bird": "pájaro m, pajarito m",
    "boy": "niño m, chico m, muchacho m", "bus": "autobús m, bus m", "butterfly": "mariposa f", "car": "coche m, auto m, automóvil m",
    "cat": "gato m, gatito m", "dinosaur": "dinosaurio m", "dog": "perro m, perrito m, cachorro m", "duck": "pato m, patito m",
    "elephant": "elefante m", "fish": "pez m, pececito m", "fox": "zorro m, zorrito m", "girl": "niña f, chica f, muchacha f",
    "horse": "caballo m, poni m", "man": "hombre m, señor m", "penguin": "pingüino m", "rabbit": "conejo m, conejito m",
    "robot": "robot m", "rocket": "cohete m, cohete espacial m", "sailboat": "velero m, barco de vela m", "train": "tren m",
    "turtle": "tortuga f", "whale": "ballena f", "woman": "mujer f, señora f",
}
PARTS = {"girl": "vestido m", "woman": "vestido m", "boy": "camisa f, camiseta f", "man": "camisa f, camiseta f"}
COLOURS = {
    "red": "rojo/roja, rojo/roja, carmesí, escarlata", "orange": "naranja, anaranjado/anaranjada", "yellow": "amarillo/amarilla",
    "green": "verde, verde esmeralda", "teal": "turquesa, verde azulado", "blue": "azul, azul celeste, azul cobalto",
    "purple": "morado/morada, violeta, lila", "pink": "rosa, rosado/rosada", "white": "blanco/blanca, blanco como la nieve/blanca como la nieve",
    "black": "negro/negra, negro azabache", "grey": "gris, gris plata", "brown": "marrón, castaño/castaña",
}
ACTIONS = {
    "bow": "hace una reverencia, se inclina; haciendo una reverencia, inclinándose", "cheer": "vitorea, da vítores; vitoreando",
    "clap": "aplaude, da palmas; aplaudiendo, dando palmas", "crawl": "gatea, se arrastra; gateando, arrastrándose",
    "dance": "baila, danza, está bailando, baila con gracia; bailando, danzando", "dive": "se zambulle, se sumerge; zambulléndose, sumergiéndose",
    "drift": "flota a la deriva, va a la deriva, se deja llevar por el viento; a la deriva", "drive": "circula, va rodando, avanza por el camino; circulando",
    "eat": "come, está comiendo, come algo; comiendo", "flap": "bate las alas, aletea; batiendo las alas, aleteando",
    "float": "flota, está flotando, flota sin moverse; flotando", "flutter": "revolotea, va revoloteando; revoloteando",
    "fly": "vuela, está volando, pasa volando; volando", "glide": "planea, se desliza con suavidad; planeando",
    "graze": "pasta, come hierba; pastando, comiendo hierba", "hop": "da saltitos, va a saltitos, brinca; dando saltitos, brincando",
    "hover": "se queda suspendido en el aire/se queda suspendida en el aire, se cierne; suspendido en el aire/suspendida en el aire",
    "jump": "salta, da saltos, salta muy alto; saltando", "land": "aterriza, está aterrizando, se posa; aterrizando",
    "launch": "despega, está despegando, sale disparado/sale disparada; despegando", "look": "mira alrededor, mira a todos lados, observa; mirando alrededor",
    "nod": "asiente, asiente con la cabeza; asintiendo", "read": "lee, lee un libro, está leyendo; leyendo, leyendo un libro",
    "rise": "sube, se eleva, asciende; subiendo, ascendiendo", "roar": "ruge, está rugiendo; rugiendo", "rock": "se balancea, se mece; balanceándose, meciéndose",
    "roll": "se revuelca, rueda por el suelo; revolcándose", "run": "corre, está corriendo, corre deprisa; corriendo", "sail": "navega, va a vela; navegando",
    "sing": "canta, canta una canción, está cantando; cantando", "sit": "está sentado/está sentada, permanece sentado/permanece sentada; sentado/sentada",
    "sleep": "duerme, está durmiendo, echa una siesta; durmiendo", "slide": "se desliza, resbala; deslizándose",
    "spin": "gira, da vueltas, gira sobre sí mismo/gira sobre sí misma; girando, dando vueltas", "stretch": "se estira, se despereza; estirándose, desperezándose",
    "swim": "nada, está nadando; nadando", "trot": "trota, va al trote; trotando, al trote", "wait": "espera, está parado/está parada; esperando, parado/parada",
    "walk": "camina, pasea, anda; caminando, paseando", "wave": "saluda con la mano, agita la mano, saluda; saludando, saludando con la mano",
}
ACTIONS_OF = {
    "elephant wave": "agita la trompa, saluda con la trompa; agitando la trompa", "penguin slide": "se desliza sobre la barriga, se desliza; deslizándose",
    "fish glide": "se desliza con suavidad; deslizándose con suavidad",
}
OVER = "sobre {place}"
SETTINGS = {
    "autumn_park": "en un parque de otoño, bajo los arces dorados; parque de otoño, arces dorados; un parque de otoño",
    "bamboo_grove": "en un bosque de bambú, entre bambúes altos; bosque de bambú, bambúes; un bosque de bambú",
    "beach": "en la playa, a la orilla del mar; playa, orilla del mar; la playa", "cherry_garden": "bajo un cerezo en flor, entre cerezos en flor, en un jardín de cerezos; cerezo en flor, jardín de cerezos; los cerezos en flor",
    "city": "en la ciudad, en una calle de la ciudad, entre edificios altos; ciudad, calle de la ciudad; la ciudad", "desert": "en el desierto, entre las dunas; desierto, dunas; el desierto",
    "meadow": "en un prado de flores, en un campo florido; prado de flores, campo florido; un prado de flores", "moon": "en la luna, en la superficie lunar, entre cráteres lunares; luna, superficie lunar; los cráteres lunares",
    "mountain_lake": "en un lago de montaña, en un lago entre montañas; lago de montaña; un lago de montaña", "reef": "en un arrecife de coral, entre corales bajo el mar; arrecife de coral, corales",
    "sea": "en el mar, en alta mar, en el océano; mar, alta mar; el mar", "snow_forest": "en un bosque nevado, entre pinos cubiertos de nieve; bosque nevado, pinos nevados; un bosque nevado",
    "village": "en un pueblo, en una aldea, en un pueblecito; pueblo, aldea; los tejados del pueblo", "farm": "en una granja, en el corral de una granja; granja; una granja",
    "jungle": "en la selva, en la jungla; selva, jungla; la selva", "volcano": "junto a un volcán, al pie de un volcán; volcán, volcán humeante; un volcán",
    "harbour": "en el puerto, en los muelles; puerto, muelles; el puerto", "castle": "ante un castillo, en el patio de un castillo; castillo, castillo antiguo; las torres de un castillo",
    "waterfall": "junto a una cascada, al pie de una catarata; cascada, catarata; una cascada", "playground": "en el parque infantil, entre columpios y toboganes; parque infantil, columpios y toboganes; un parque infantil",
    "bedroom": "en un dormitorio, en una habitación acogedora, en el cuarto de los niños; dormitorio, habitación acogedora", "stage_hall": "en un escenario, en el escenario de un teatro; escenario, teatro",
    "arctic": "en el ártico, sobre el hielo polar, entre icebergs; ártico, hielo polar, icebergs; el hielo polar", "lavender_field": "en un campo de lavanda, entre hileras de lavanda; campo de lavanda, lavanda; un campo de lavanda",
}
TIMES = {
    "dawn": "al amanecer, al alba; amanecer, alba", "morning": "por la mañana, de mañana; mañana", "noon": "al mediodía, a mediodía; mediodía",
    "sunset": "al atardecer, a la puesta de sol; atardecer, puesta de sol", "dusk": "al anochecer, en el crepúsculo; anochecer, crepúsculo", "night": "por la noche, de noche; noche",
}
WEATHERS = {
    "clear": "bajo un cielo despejado, con buen tiempo; el cielo está despejado, no hay ni una nube; cielo despejado",
    "breeze": "con una brisa suave, con viento ligero; sopla una brisa suave, sopla el viento; brisa, viento ligero",
    "cloudy": "bajo un cielo nublado, con el cielo cubierto; el cielo está nublado, las nubes cubren el cielo; nublado, nubes",
    "rain": "bajo la lluvia, con lluvia; llueve, cae la lluvia; lluvia", "snow": "bajo la nieve que cae, durante una nevada; nieva, caen copos de nieve; nevada, nieve cayendo",
    "fog": "en la niebla, entre la bruma; hay niebla, la niebla lo cubre todo; niebla, bruma", "storm": "en plena tormenta, bajo la tormenta; hay tormenta, caen relámpagos; tormenta, relámpagos",
    "rainbow": "bajo un arcoíris, con un arcoíris en el cielo; brilla un arcoíris, un arcoíris cruza el cielo; arcoíris",
}
LIGHTS = {
    "natural": "con luz natural, la luz es suave y natural; luz natural", "sunbeams": "los rayos del sol caen en haces, con rayos de sol; rayos de sol, haces de luz",
    "golden": "bañado todo en luz dorada, la luz es dorada y cálida; luz dorada",
}
MOODS = {
    "calm": "tranquilo, apacible, sereno; tranquilamente, con calma", "joyful": "alegre, feliz; alegremente, con alegría", "dreamy": "onírico, soñador, mágico; como en un sueño",
    "gloomy": "sombrío, triste, melancólico; tristemente, con melancolía", "mysterious": "misterioso, enigmático; misteriosamente, con misterio",
    "festive": "festivo, de fiesta; festivamente, como en una fiesta", "tender": "tierno, afectuoso; con ternura, tiernamente", "tense": "tenso, de suspense; con tensión, en tensión",
}
MOOD = {"": ("en un ambiente {mood_word}", "el ambiente es {mood_word}", "con un aire {mood_word}"), "tag": ("ambiente {mood_word}", "tono {mood_word}")}
CAMERAS = {
    "still": "la cámara está quieta, la cámara no se mueve; cámara fija, plano fijo", "pan_left": "la cámara gira a la izquierda, la cámara se desplaza despacio hacia la izquierda; paneo a la izquierda",
    "pan_right": "la cámara gira a la derecha, la cámara se desplaza despacio hacia la derecha; paneo a la derecha", "push_in": "la cámara se acerca, la cámara avanza despacio; acercamiento, zoom hacia dentro",
    "pull_out": "la cámara se aleja, la cámara retrocede despacio; alejamiento, zoom hacia fuera", "tilt_up": "la cámara se inclina hacia arriba, la cámara mira hacia arriba; inclinación hacia arriba",
    "tilt_down": "la cámara se inclina hacia abajo, la cámara mira hacia abajo; inclinación hacia abajo", "orbit": "la cámara da la vuelta alrededor, la cámara orbita; plano orbital, cámara en órbita",
}
SEASONS = {"spring": "en primavera; primavera", "summer": "en verano; verano", "autumn": "en otoño; otoño", "winter": "en invierno; invierno"}
STYLES = {
    "storybook": "en estilo de cuento ilustrado, como en un libro de cuentos; estilo de cuento ilustrado", "flat": "en estilo plano de papel recortado, como recortes de papel; papel recortado, estilo plano",
    "ink": "como una aguada de tinta, en estilo de pintura a la tinta; pintura a la tinta, aguada de tinta", "night_neon": "en estilo nocturno de neón, con colores de neón; estilo de neón",
}
CLOTHES = {"hat": "con sombrero, que lleva sombrero; con sombrero", "scarf": "con bufanda, que lleva una bufanda; con bufanda", "coat": "con abrigo, que lleva un abrigo; con abrigo"}
RELATIONS = {
    "beside": "junto a {kind2}, al lado de {kind2}; a su lado {action2} {kind2}, a su lado está {kind2}; {kind} está junto a {kind2}, {kind} {action} al lado de {kind2}; {kind_tag} junto a {kind2_tag}",
    "behind": "con {kind2} detrás, con {kind2} a su espalda; detrás {action2} {kind2}, detrás está {kind2}; {kind2} está detrás de {kind}, {kind2} {action2} detrás de {kind}; {kind2_tag} detrás de {kind_tag}",
    "in_front": "con {kind2} delante, con {kind2} por delante; delante {action2} {kind2}, delante está {kind2}; {kind2} está delante de {kind}, {kind2} {action2} delante de {kind}; {kind2_tag} delante de {kind_tag}",
    "above": "con {kind2} encima, con {kind2} por encima; encima {action2} {kind2}, por encima está {kind2}; {kind2} está encima de {kind}, {kind2} {action2} por encima de {kind}; {kind2_tag} encima de {kind_tag}",
    "follows": "seguido de {kind2}/seguida de {kind2}, y {kind2} va detrás siguiendo; {kind2} le sigue, {kind2} va siguiendo sus pasos; {kind2} sigue a {kind}, {kind2} va siguiendo a {kind}; {kind2_tag} siguiendo a {kind_tag}",
    "faces": "frente a {kind2}, cara a cara con {kind2}; enfrente está {kind2}, {kind2} le mira de frente; {kind2} mira de frente a {kind}, {kind2} está frente a {kind}; {kind2_tag} frente a {kind_tag}",
}
STOP_WORDS = """
    el la los las lo un una unos unas de del a al en con sin por para y e o u que como cuando mientras donde sobre bajo entre hacia desde hasta junto ante tras
    es son está están ser estar hay ha han era fue va van muy más menos tan todo toda todos todas este esta estos estas ese esa su sus mi tu se le les me te nos
    no ni sí también ya solo cada otro otra mismo misma uno dos tres primero luego después antes ahora lento despacio suavemente pequeño pequeña grande bonito bonita lindo linda bello bella
    hermoso hermosa joven viejo vieja alto alta por favor haz hacer haga crea crear genera generar dibuja dibujar muestra mostrar quiero ver vídeo video película clip escena imagen animación
    cámara luz ambiente sujeto acción lugar hora tiempo color estilo lleva viste calidad segundos
"""
NEAREST = "dragón=dinosaurio león=gato tigre=gato lobo=perro oso=perro camión=autobús barco=velero nave=cohete tiburón=ballena delfín=ballena"
