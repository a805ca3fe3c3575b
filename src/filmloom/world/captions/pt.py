"""Portuguese. A speaker can correct every line; `phrasebook.py` explains the format and `grammar.py` the brackets."""

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "pt"
SALT = 11
GENDERS = "mf"
FULL_STOP = "."

AFTER = "<[, {weather_clause}]><[, {light}]><[, {mood}]><[, {camera}]>"
TAGS = "<[, {time_tag}]><[, {weather_tag}]><[, {light_tag}]><[, {mood_tag}]><[, {camera_tag}]>"
FRAMES = {
    "does": "{kind} {action} {setting}[ {time}]" + AFTER,
    "lead": "{lead}{kind} que {action} {setting}[ {time}]" + AFTER,
    "does-weather": "{kind} {action} {setting}[ {time}] {weather}[, {light}][, {camera}]",
    "place-first": "{setting}[ {time}], {kind} {action}" + AFTER,
    "time-first": "{time}, {kind} {action} {setting}" + AFTER,
    "weather-first": "{weather}, {kind} {action} {setting}[ {time}][, {light}][, {camera}]",
    "there-is": "há {kind} que {action} {setting}[ {time}]" + AFTER,
    "we-see": "(vemos|vê-se) {kind} que {action} {setting}[ {time}][ {weather}][, {mood}][, {camera}]",
    "camera-while": "{camera} enquanto {kind} {action} {setting}[ {time}][ {weather}][, {light}]",
    "adverb": "{kind} {action} {mood_adverb} {setting}[ {time}][, {weather_clause}][, {light}][, {camera}]",
    "mood-first": "{mood}, {kind} {action} {setting}[ {time}][, {weather_clause}][, {camera}]",
    "colour-after": "{kind_plain} {action} {setting}[ {time}]; {colour_says}[, {weather_clause}][, {camera}]",
    "imagine": "imagine {kind} que {action} {setting}[ {time}]. [{weather_clause}. ][{light}. ][{camera}.]",
    "only": "{setting}[ {time}], (apenas|somente) {kind} que {action}" + AFTER,
    "tale": "era uma vez {kind} que {action} {setting}[ {time}]" + AFTER,
    "subject-only": "{lead}{kind} que {action}[ {time}][, {camera}]",
    "tags": "{kind_tag}, {setting_tag}, {action_tag}" + TAGS,
    "tags-action": "{kind_tag} {action_tag}, {setting_tag}" + TAGS,
    "tags-place": "{setting_tag}[, {time_tag}], {kind_tag}, {action_tag}[, {weather_tag}][, {camera_tag}]",
    "form": "sujeito: {kind_tag}; ação: {action_tag}; lugar: {setting_tag}[; hora: {time_tag}][; clima: {weather_tag}][; luz: {light_tag}][; câmera: {camera_tag}]",
    "pair-and": "{kind} {action} e {kind2} {action2} {setting}[ {time}]" + AFTER,
    "pair-both": "{lead}{kind} e {kind2} {setting}[ {time}]" + AFTER,
    "pair-while": "{kind} {action} {setting}[ {time}] enquanto {kind2} {action2}" + AFTER,
    "pair-with": "{kind} {action} {setting}[ {time}], {relation_with}" + AFTER,
    "pair-place": "{setting}[ {time}], {kind} {action}, {relation_with}" + AFTER,
    "pair-clause": "{kind} {action} {setting}[ {time}] e {relation_clause}" + AFTER,
    "pair-says": "{relation_says} {setting}[ {time}]" + AFTER,
    "pair-says-place": "{setting}[ {time}], {relation_says}" + AFTER,
    "pair-semicolon": "{setting}[ {time}], {kind} {action}; {kind2} {action2}" + AFTER,
    "pair-time-and": "{time}, {kind} {action} e {kind2} {action2} {setting}[, {weather_clause}][, {camera}]",
    "pair-says-time": "{time}, {relation_says} {setting}[, {weather_clause}][, {camera}]",
    "pair-tags": "{relation_tag}, {setting_tag}" + TAGS,
}
RARE = {"subject-only": 0.4, "tale": 0.5, "only": 0.5}
STYLED = ("{}, {style}", "{style}, {}", "{style_tag}: {}", "{}, {style_tag}")
LEADS = ("um vídeo de ", "um filme com ", "(por favor, |)faça um vídeo de ", "mostre ", "uma cena com ", "quero ver ", "")

LITTLE = {"a": "um/uma", "it": "ele/ela"}
SUBJECT = {
    "plain": ("{a} {noun}",),
    "plain_tag": ("{noun}",),
    "coloured": ("{a} {noun} {colour}",),
    "coloured_tag": ("{noun} {colour}",),
    "worn": ("{a} {noun} de {part} {colour_part}", "{a} {noun} com {a_part} {part} {colour_part}", "{a} {noun} que veste {a_part} {part} {colour_part}"),
    "worn_tag": ("{noun} de {part} {colour_part}", "{noun}, {part} {colour_part}"),
    "says": ("{it} é {colour}", "{a} {noun} {colour}"),
    "worn_says": ("{it} veste {a_part} {part} {colour_part}", "{it} usa {a_part} {part} {colour_part}"),
}
CLOTHED, CLOTHED_TAG = "{} {clothes}", "{}, {clothes_tag}"
SEASONED, SEASONED_TAG = "{} {season}", "{}, {season_tag}"

NOUNS = {
    "airplane": "avião m, aeroplano m", "balloon": "balão de ar quente m, balão m", "bird": "pássaro m, passarinho m", "boy": "menino m, garoto m, rapaz m", "bus": "ônibus m, autocarro m", "butterfly": "borboleta f", "car": "carro m, automóvel m",
    "cat": "gato m, gatinho m", "dinosaur": "dinossauro m", "dog": "cachorro m, cão m, cachorrinho m", "duck": "pato m, patinho m", "elephant": "elefante m", "fish": "peixe m, peixinho m", "fox": "raposa f, raposinha f", "girl": "menina f, garota f, moça f",
    "horse": "cavalo m, pônei m", "man": "homem m, senhor m", "penguin": "pinguim m", "rabbit": "coelho m, coelhinho m", "robot": "robô m, androide m", "rocket": "foguete m, foguete espacial m", "sailboat": "veleiro m, barco à vela m",
    "train": "trem m, comboio m", "turtle": "tartaruga f", "whale": "baleia f", "woman": "mulher f, senhora f",
}
PARTS = {"girl": "vestido m", "woman": "vestido m", "boy": "camisa f, camiseta f", "man": "camisa f, camiseta f"}
COLOURS = {
    "red": "vermelho/vermelha, vermelho-vivo/vermelha-viva, escarlate", "orange": "laranja, alaranjado/alaranjada", "yellow": "amarelo/amarela, amarelo-limão", "green": "verde, verde-esmeralda", "teal": "turquesa, verde-azulado/verde-azulada", "blue": "azul, azul-celeste, azul-claro/azul-clara",
    "purple": "roxo/roxa, violeta, lilás", "pink": "rosa, cor-de-rosa", "white": "branco/branca, branquinho/branquinha", "black": "preto/preta, negro/negra", "grey": "cinza, cinzento/cinzenta", "brown": "marrom, castanho/castanha",
}
ACTIONS = {
    "bow": "faz uma reverência, se curva; fazendo uma reverência, se curvando", "cheer": "comemora, dá vivas; comemorando", "clap": "aplaude, bate palmas; aplaudindo, batendo palmas", "crawl": "engatinha, rasteja; engatinhando, rastejando", "dance": "dança, está dançando, dança com graça; dançando",
    "dive": "mergulha, está mergulhando; mergulhando", "drift": "vai à deriva, se deixa levar pelo vento; à deriva", "drive": "roda pela estrada, trafega, anda pela rua; rodando, trafegando", "eat": "come, está comendo; comendo", "flap": "bate as asas, agita as asas; batendo as asas", "float": "flutua, boia; flutuando, boiando",
    "flutter": "esvoaça, adeja; esvoaçando", "fly": "voa, está voando, passa voando; voando", "glide": "plana, desliza suavemente; planando", "graze": "pasta, come capim; pastando", "hop": "saltita, dá pulinhos; saltitando, dando pulinhos", "hover": "paira, paira no ar; pairando", "jump": "pula, salta; pulando, saltando",
    "land": "aterrissa, pousa; aterrissando, pousando", "launch": "decola, está decolando; decolando", "look": "olha ao redor, observa tudo; olhando ao redor", "nod": "acena com a cabeça, diz que sim com a cabeça; acenando com a cabeça", "read": "lê, lê um livro, está lendo; lendo", "rise": "sobe, se eleva; subindo",
    "roar": "ruge, ruge bem alto; rugindo", "rock": "balança, se balança; balançando", "roll": "rola no chão, se revira; rolando no chão", "run": "corre, está correndo, corre depressa; correndo", "sail": "navega, veleja; navegando, velejando", "sing": "canta, canta uma canção; cantando", "sit": "está sentado/está sentada, fica sentado/fica sentada; sentado/sentada",
    "sleep": "dorme, está dormindo, tira uma soneca; dormindo", "slide": "desliza, escorrega; deslizando, escorregando", "spin": "gira, dá voltas, rodopia; girando, rodopiando", "stretch": "se espreguiça, se alonga; se espreguiçando, se alongando", "swim": "nada, está nadando; nadando", "trot": "trota, vai a trote; trotando",
    "wait": "espera, está parado/está parada; esperando, parado/parada", "walk": "caminha, passeia, anda; caminhando, passeando", "wave": "acena, acena com a mão; acenando",
}
ACTIONS_OF = {"elephant wave": "acena com a tromba, balança a tromba; acenando com a tromba", "penguin slide": "desliza de barriga, desliza; deslizando", "fish glide": "desliza suavemente; deslizando suavemente"}
OVER = "sobre {place}"
SETTINGS = {
    "autumn_park": "em um parque de outono, sob bordos dourados; parque de outono, bordos dourados; um parque de outono", "bamboo_grove": "em um bosque de bambu, entre bambus altos; bosque de bambu, bambus; um bosque de bambu", "beach": "na praia, à beira-mar; praia, beira-mar; a praia",
    "cherry_garden": "sob uma cerejeira, sob cerejeiras em flor, em um jardim de cerejeiras; cerejeira, cerejeiras em flor; as cerejeiras em flor", "city": "na cidade, em uma rua da cidade, entre prédios altos; cidade, prédios altos; a cidade", "desert": "no deserto, entre dunas; deserto, dunas; o deserto",
    "meadow": "em um prado florido, em um campo de flores; prado florido, campo de flores; um prado florido", "moon": "na lua, na superfície lunar, entre crateras lunares; lua, superfície lunar; as crateras lunares", "mountain_lake": "em um lago de montanha, em um lago entre montanhas; lago de montanha; um lago de montanha",
    "reef": "em um recife de coral, entre corais no fundo do mar; recife de coral, corais", "sea": "no mar, em alto-mar, no oceano; mar, oceano; o mar", "snow_forest": "em uma floresta nevada, entre pinheiros cobertos de neve; floresta nevada, pinheiros nevados; uma floresta nevada",
    "village": "em uma aldeia, em um vilarejo; aldeia, vilarejo; os telhados da aldeia", "farm": "em uma fazenda, no quintal de uma fazenda; fazenda; uma fazenda", "jungle": "na selva, na mata tropical; selva, mata tropical; a selva", "volcano": "perto de um vulcão, ao pé de um vulcão; vulcão; um vulcão",
    "harbour": "no porto, no cais; porto, cais; o porto", "castle": "diante de um castelo, no pátio de um castelo antigo; castelo, castelo antigo; um castelo", "waterfall": "junto a uma cachoeira, ao pé de uma cascata; cachoeira, cascata; uma cachoeira", "playground": "em um parquinho, entre balanços e escorregadores; parquinho; um parquinho",
    "bedroom": "em um quarto, em um quarto aconchegante, no quarto das crianças; quarto, quarto das crianças", "stage_hall": "em um palco, no palco de um teatro; palco, teatro", "arctic": "no Ártico, sobre o gelo polar, entre icebergs; Ártico, gelo polar, icebergs; o gelo polar", "lavender_field": "em um campo de lavanda, entre fileiras de lavanda; campo de lavanda, lavanda; um campo de lavanda",
}
TIMES = {"dawn": "ao amanhecer, ao nascer do sol; amanhecer, nascer do sol", "morning": "de manhã, pela manhã; manhã", "noon": "ao meio-dia, em pleno meio-dia; meio-dia", "sunset": "ao pôr do sol, no fim da tarde; pôr do sol, fim da tarde", "dusk": "ao anoitecer, no crepúsculo; anoitecer, crepúsculo", "night": "à noite, de noite; noite"}
WEATHERS = {
    "clear": "sob um céu limpo, com tempo bom; o céu está limpo, não há uma nuvem; céu limpo, tempo bom", "breeze": "em uma brisa suave, com vento leve; sopra uma brisa suave, o vento sopra leve; brisa suave, vento leve", "cloudy": "sob um céu nublado, debaixo de nuvens; o céu está nublado, as nuvens cobrem o céu; nublado, nuvens",
    "rain": "na chuva, com chuva; chove, a chuva cai; chuva", "snow": "na neve que cai, durante uma nevasca; neva, caem flocos de neve; nevasca, neve caindo", "fog": "na neblina, no meio da névoa; há neblina, a névoa cobre tudo; neblina, névoa", "storm": "na tempestade, durante a trovoada; há uma tempestade, relâmpagos brilham; tempestade, trovoada",
    "rainbow": "sob um arco-íris, com um arco-íris no céu; brilha um arco-íris, um arco-íris cruza o céu; arco-íris",
}
LIGHTS = {"natural": "com luz natural, a luz é suave e natural; luz natural", "sunbeams": "raios de sol caem do alto, com raios de sol; raios de sol", "golden": "tudo banhado em luz dourada, a luz é dourada e quente; luz dourada"}
MOODS = {
    "calm": "calmo, tranquilo, sereno; calmamente, com calma", "joyful": "alegre, feliz; alegremente, com alegria", "dreamy": "onírico, mágico; como em um sonho", "gloomy": "sombrio, triste, melancólico; tristemente, com melancolia", "mysterious": "misterioso, enigmático; misteriosamente", "festive": "festivo, de festa; festivamente, como em uma festa",
    "tender": "terno, carinhoso; com ternura, com carinho", "tense": "tenso, de suspense; com tensão",
}
MOOD = {"": ("em um ambiente {mood_word}", "o clima é {mood_word}", "com um ar {mood_word}"), "tag": ("ambiente {mood_word}", "tom {mood_word}")}
CAMERAS = {
    "still": "a câmera fica parada, a câmera não se move; câmera fixa, plano fixo", "pan_left": "a câmera vira para a esquerda, a câmera se move devagar para a esquerda; panorâmica à esquerda", "pan_right": "a câmera vira para a direita, a câmera se move devagar para a direita; panorâmica à direita",
    "push_in": "a câmera se aproxima, a câmera avança devagar; aproximação, zoom para dentro", "pull_out": "a câmera se afasta, a câmera recua devagar; afastamento, zoom para fora", "tilt_up": "a câmera se inclina para cima, a câmera olha para cima; inclinação para cima", "tilt_down": "a câmera se inclina para baixo, a câmera olha para baixo; inclinação para baixo",
    "orbit": "a câmera dá a volta em torno, a câmera orbita; plano orbital, câmera em órbita",
}
SEASONS = {"spring": "na primavera; primavera", "summer": "no verão; verão", "autumn": "no outono; outono", "winter": "no inverno; inverno"}
STYLES = {"storybook": "em estilo de livro ilustrado, como um livro de histórias; estilo de livro ilustrado", "flat": "em estilo plano de papel recortado, como recortes de papel; papel recortado, estilo plano", "ink": "como uma pintura a nanquim, em aguada de tinta; pintura a nanquim, aguada", "night_neon": "em estilo noturno de neon, com cores de neon; estilo neon"}
CLOTHES = {"hat": "com chapéu, que usa chapéu; com chapéu", "scarf": "com cachecol, que usa cachecol; com cachecol", "coat": "com casaco, que usa casaco; com casaco"}
RELATIONS = {
    "beside": "ao lado de {kind2}, junto a {kind2}; ao lado {action2} {kind2}, a seu lado está {kind2}; {kind} está ao lado de {kind2}, {kind} {action} ao lado de {kind2}; {kind_tag} ao lado de {kind2_tag}",
    "behind": "com {kind2} atrás, com {kind2} logo atrás; atrás {action2} {kind2}, atrás está {kind2}; {kind2} está atrás de {kind}, {kind2} {action2} atrás de {kind}; {kind2_tag} atrás de {kind_tag}",
    "in_front": "com {kind2} na frente, com {kind2} logo à frente; na frente {action2} {kind2}, à frente está {kind2}; {kind2} está na frente de {kind}, {kind2} {action2} na frente de {kind}; {kind2_tag} na frente de {kind_tag}",
    "above": "com {kind2} acima, com {kind2} no alto; acima {action2} {kind2}, no alto está {kind2}; {kind2} está acima de {kind}, {kind2} {action2} acima de {kind}; {kind2_tag} acima de {kind_tag}",
    "follows": "seguido por {kind2}/seguida por {kind2}, e {kind2} vem seguindo; {kind2} vai seguindo, {kind2} segue os passos; {kind2} segue {kind}, {kind2} vai seguindo {kind}; {kind2_tag} seguindo {kind_tag}",
    "faces": "de frente para {kind2}, cara a cara com {kind2}; {kind2} está de frente, {kind2} encara de perto; {kind2} encara {kind}, {kind2} está de frente para {kind}; {kind2_tag} de frente para {kind_tag}",
}
STOP_WORDS = """
    o a os as um uma uns umas de do da dos das em no na nos nas ao à aos às e ou mas que quem como quando enquanto onde se não sim por pelo pela para com sem sob sobre entre até desde junto perto diante atrás
    é são está estão era foi ser estar há tem ter vai vão ele ela eles elas eu você nós me te lhe seu sua seus suas meu minha este esta esse essa isto isso muito muita mais menos tão todo toda tudo todos todas também já só apenas somente cada outro outra mesmo vez
    pequeno pequena grande bonito bonita lindo linda jovem velho velha devagar rápido suavemente dois duas três primeiro depois agora então logo por favor faça fazer crie criar gere gerar desenhe mostre mostrar quero ver imagine
    vídeo filme clipe cena imagem animação câmera luz ambiente clima sujeito ação lugar hora tempo cor estilo veste usa segundos qualidade
"""
NEAREST = "dragão=dinossauro leão=gato tigre=gato lobo=cachorro urso=cachorro caminhão=ônibus barco=veleiro navio=veleiro bicicleta=carro helicóptero=avião tubarão=baleia golfinho=baleia águia=pássaro coruja=pássaro cisne=pato rato=coelho"
