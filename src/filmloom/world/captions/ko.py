"""Korean. A speaker can correct every line; `phrasebook.py` explains the format and `grammar.py` the brackets.

GENDERS are how a noun ends, which decides the particle behind it: v for a vowel (고양이가), c for a consonant (말이).
"""

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "ko"
SALT = 23
GENDERS = "vc"
FULL_STOP = "."
SUFFIXES = "이 가 은 는 을 를 에 에서 의 와 과 로 으로 도 만 들 들이 처럼 위에 위에서 한 인 이다 입니다"

AFTER = "<[, {weather_clause}]><[, {light}]><[, {mood}]><[, {camera}]>"
TAGS = "<[, {time_tag}]><[, {weather_tag}]><[, {light_tag}]><[, {mood_tag}]><[, {camera_tag}]>"
FRAMES = {
    "does": "{lead}{kind}{ga} {setting} {action}" + AFTER,
    "does-time": "{kind}{ga} [{time} ]{setting} {action}[, {weather_clause}][, {camera}]",
    "topic": "{kind}{neun} {setting} {action}" + AFTER,
    "place-first": "{setting} {kind}{ga} {action}" + AFTER,
    "place-time": "{setting}, {time} {kind}{ga} {action}" + AFTER,
    "time-first": "{time} {kind}{ga} {setting} {action}" + AFTER,
    "weather-first": "{weather} {kind}{ga} {setting} {action}[, {light}][, {camera}]",
    "camera-first": "{camera}, {kind}{ga} {setting} {action}[, {weather_clause}]",
    "adverb": "{kind}{ga} {setting} {mood_adverb} {action}[, {weather_clause}][, {light}][, {camera}]",
    "mood-first": "{mood_word} 분위기 속에서 {kind}{ga} {setting} {action}[, {weather_clause}][, {camera}]",
    "colour-after": "{kind_plain}{ga} {setting} {action}, {colour_says}[, {weather_clause}][, {camera}]",
    "imagine": "상상해 보세요, {kind}{ga} {setting} {action}" + AFTER,
    "only": "{time} {setting} 오직 {kind}{ga} {action}" + AFTER,
    "doing": "{setting} {action_and} {kind}" + AFTER,
    "video-of": "{lead}{setting} {action_and} {kind}" + AFTER,
    "subject-only": "{lead}{kind}{ga} {action}[, {camera}]",
    "tags": "{kind_tag}, {setting_tag}, {action_tag}" + TAGS,
    "tags-place": "{setting_tag}[, {time_tag}], {kind_tag}, {action_tag}[, {weather_tag}][, {camera_tag}]",
    "form": "주체: {kind_tag}, 동작: {action_tag}, 장소: {setting_tag}[, 시간: {time_tag}][, 날씨: {weather_tag}][, 빛: {light_tag}][, 카메라: {camera_tag}]",
    "pair-and": "{setting} {kind}{ga} {action}, {kind2}{ga2} {action2}" + AFTER,
    "pair-both": "{lead}{kind}{wa} {kind2}{ga2} {setting} 함께 있다" + AFTER,
    "pair-time": "{time} {setting} {kind}{neun} {action}, {kind2}{neun2} {action2}[, {weather_clause}][, {camera}]",
    "pair-with": "{relation_with} {kind}{ga} {setting} {action}" + AFTER,
    "pair-clause": "{kind}{ga} {setting} {action}, {relation_clause}" + AFTER,
    "pair-says": "{setting} {relation_says}" + AFTER,
    "pair-says-time": "{time} {setting} {relation_says}[, {weather_clause}][, {camera}]",
    "pair-semicolon": "{kind}{neun} {setting} {action}. {kind2}{neun2} {action2}" + AFTER,
    "pair-place": "{setting} {relation_with} {kind}{ga} {action}" + AFTER,
    "pair-with-time": "{time} {relation_with} {kind}{ga} {setting} {action}[, {weather_clause}][, {camera}]",
    "pair-tags": "{relation_tag}, {setting_tag}" + TAGS,
}
RARE = {"subject-only": 0.4, "only": 0.5, "imagine": 0.5}
STYLED = ("{}, {style}", "{style}, {}", "{style_tag}: {}", "{}, {style_tag}")
LEADS = ("",) * 6 + ("영상을 만들어 줘: ", "동영상: ", "짧은 영상, ", "보여 줘, ", "애니메이션: ")

LITTLE = {"ga": "가/이", "neun": "는/은", "reul": "를/을", "wa": "와/과"}
SUBJECT = {
    "plain": ("{noun}",),
    "plain_tag": ("{noun}",),
    "coloured": ("{colour} {noun}",),
    "coloured_tag": ("{colour} {noun}",),
    "worn": ("{colour} {part} 차림의 {noun}", "{colour} {part}를 입은 {noun}"),
    "worn_tag": ("{colour} {part} {noun}", "{noun}, {colour} {part}"),
    "says": ("색은 {colour_name}", "몸은 {colour_name}"),
    "worn_says": ("옷은 {colour_name}", "옷 색은 {colour_name}"),
}
CLOTHED, CLOTHED_TAG = "{clothes} {}", "{clothes} {}"
SEASONED, SEASONED_TAG = "{season} {}", "{season_tag} {}"

NOUNS = {
    "airplane": "비행기 v, 여객기 v", "balloon": "열기구 v, 커다란 열기구 v", "bird": "새 v, 작은 새 v", "boy": "소년 c, 남자아이 v", "bus": "버스 v, 큰 버스 v", "butterfly": "나비 v, 작은 나비 v",
    "car": "자동차 v, 승용차 v", "cat": "고양이 v, 새끼 고양이 v", "dinosaur": "공룡 c, 아기 공룡 c", "dog": "개 v, 강아지 v", "duck": "오리 v, 새끼 오리 v", "elephant": "코끼리 v, 아기 코끼리 v", "fish": "물고기 v, 작은 물고기 v",
    "fox": "여우 v, 새끼 여우 v", "girl": "소녀 v, 여자아이 v", "horse": "말 c, 조랑말 c", "man": "남자 v, 남성 c", "penguin": "펭귄 c, 아기 펭귄 c", "rabbit": "토끼 v, 아기 토끼 v", "robot": "로봇 c, 작은 로봇 c",
    "rocket": "로켓 c, 우주 로켓 c", "sailboat": "돛단배 v, 요트 v", "train": "기차 v, 열차 v", "turtle": "거북이 v, 육지 거북 c", "whale": "고래 v, 커다란 고래 v", "woman": "여자 v, 여성 c",
}
PARTS = {"girl": "원피스 v, 드레스 v", "woman": "원피스 v, 드레스 v", "boy": "셔츠 v, 티셔츠 v", "man": "셔츠 v, 티셔츠 v"}
COLOURS = {
    "red": "빨간, 붉은, 새빨간; 빨간색", "orange": "주황색, 오렌지색; 주황색", "yellow": "노란, 샛노란; 노란색", "green": "초록색, 녹색; 초록색", "teal": "청록색, 청록빛; 청록색", "blue": "파란, 푸른, 새파란; 파란색",
    "purple": "보라색, 보랏빛; 보라색", "pink": "분홍색, 핑크색; 분홍색", "white": "하얀, 흰, 새하얀; 하얀색", "black": "검은, 까만, 새까만; 검은색", "grey": "회색, 잿빛; 회색", "brown": "갈색, 밤색; 갈색",
}
# finite verb; noun for tags; the verb before its noun
ACTIONS = {
    "bow": "절을 한다, 고개 숙여 인사한다; 절하기; 절을 하는", "cheer": "환호한다, 만세를 부른다; 환호; 환호하는", "clap": "손뼉을 친다, 박수를 친다; 박수; 박수 치는", "crawl": "기어간다, 엉금엉금 긴다; 기어가기; 기어가는", "dance": "춤을 춘다, 춤추고 있다; 춤; 춤추는",
    "dive": "잠수한다, 물속으로 뛰어든다; 잠수; 잠수하는", "drift": "둥실둥실 떠다닌다, 바람에 흘러간다; 떠다니기; 떠다니는", "drive": "달려간다, 도로를 달린다; 주행; 주행하는", "eat": "먹는다, 먹고 있다, 밥을 먹는다; 먹기; 먹는", "flap": "날갯짓한다, 날개를 퍼덕인다; 날갯짓; 날갯짓하는",
    "float": "떠 있다, 가만히 떠 있다; 떠 있기; 떠 있는", "flutter": "팔랑거린다, 나풀나풀 난다; 팔랑팔랑; 팔랑거리는", "fly": "난다, 날고 있다, 날아간다; 비행; 나는", "glide": "활공한다, 미끄러지듯 나아간다; 활공; 활공하는", "graze": "풀을 뜯는다, 풀을 뜯고 있다; 풀 뜯기; 풀을 뜯는",
    "hop": "깡충깡충 뛴다, 깡충거린다; 깡충깡충; 깡충깡충 뛰는", "hover": "공중에 멈춰 있다, 허공에 머문다; 공중 정지; 공중에 멈춘", "jump": "점프한다, 뛰어오른다; 점프; 점프하는", "land": "착륙한다, 내려앉는다; 착륙; 착륙하는", "launch": "발사된다, 이륙한다; 발사, 이륙; 이륙하는",
    "look": "두리번거린다, 주위를 둘러본다; 두리번두리번; 두리번거리는", "nod": "고개를 끄덕인다, 끄덕끄덕한다; 끄덕임; 고개를 끄덕이는", "read": "책을 읽는다, 책을 읽고 있다; 독서; 책을 읽는", "rise": "올라간다, 떠오른다; 상승; 올라가는", "roar": "포효한다, 크게 울부짖는다; 포효; 포효하는",
    "rock": "흔들린다, 흔들흔들한다; 흔들흔들; 흔들리는", "roll": "뒹군다, 데굴데굴 구른다; 뒹굴기; 뒹구는", "run": "달린다, 뛰어간다; 달리기; 달리는", "sail": "항해한다, 돛을 펴고 나아간다; 항해; 항해하는", "sing": "노래한다, 노래를 부른다; 노래; 노래하는",
    "sit": "앉아 있다, 가만히 앉아 있다; 앉기; 앉아 있는", "sleep": "잔다, 잠을 잔다, 낮잠을 잔다; 잠; 잠자는", "slide": "미끄러진다, 미끄럼을 탄다; 미끄럼; 미끄러지는", "spin": "빙글빙글 돈다, 회전한다; 회전; 빙글빙글 도는", "stretch": "기지개를 켠다, 몸을 쭉 편다; 기지개; 기지개를 켜는",
    "swim": "헤엄친다, 헤엄치고 있다; 헤엄, 수영; 헤엄치는", "trot": "종종걸음 친다, 총총 달린다; 종종걸음; 종종걸음 치는", "wait": "기다린다, 멈춰 서 있다; 대기; 기다리는", "walk": "걷는다, 걷고 있다, 산책한다; 산책, 걷기; 산책하는", "wave": "손을 흔든다, 손을 흔들고 있다; 손 흔들기; 손을 흔드는",
}
ACTIONS_OF = {"elephant wave": "코를 흔든다, 긴 코를 흔든다; 코 흔들기; 코를 흔드는", "penguin slide": "배로 미끄러진다, 미끄러진다; 배 미끄럼; 배로 미끄러지는"}
OVER = "{place} 위에서"
SETTINGS = {
    "autumn_park": "단풍 공원에서, 단풍나무 아래에서; 단풍 공원, 단풍나무; 단풍 공원", "bamboo_grove": "대나무 숲에서, 대숲에서; 대나무 숲; 대나무 숲", "beach": "해변에서, 바닷가에서, 모래사장에서; 해변, 바닷가; 해변", "cherry_garden": "벚나무 아래에서, 활짝 핀 벚꽃 아래에서; 벚꽃, 벚나무; 벚꽃", "city": "도시에서, 도시 거리에서, 높은 빌딩 사이에서; 도시, 빌딩 숲; 도시",
    "desert": "사막에서, 모래 언덕에서; 사막, 모래 언덕; 사막", "meadow": "꽃밭에서, 꽃이 핀 들판에서; 꽃밭, 들판; 꽃밭", "moon": "달에서, 달 표면에서; 달, 달 표면; 달 표면", "mountain_lake": "산속 호수에서, 호숫가에서; 산속 호수; 산속 호수", "reef": "산호초에서, 바닷속 산호 사이에서; 산호초", "sea": "바다에서, 넓은 바다에서, 대양에서; 바다; 바다",
    "snow_forest": "눈 덮인 숲에서, 눈 쌓인 소나무 숲에서; 눈 덮인 숲; 눈 덮인 숲", "village": "마을에서, 작은 시골 마을에서; 마을, 시골 마을; 마을", "farm": "농장에서, 농장 마당에서; 농장; 농장", "jungle": "정글에서, 밀림에서; 정글, 밀림; 정글", "volcano": "화산 옆에서, 화산 기슭에서; 화산; 화산", "harbour": "항구에서, 부둣가에서; 항구, 부두; 항구",
    "castle": "성 앞에서, 오래된 성의 뜰에서; 성, 옛 성; 성", "waterfall": "폭포 옆에서, 폭포 아래에서; 폭포; 폭포", "playground": "놀이터에서, 그네와 미끄럼틀 옆에서; 놀이터; 놀이터", "bedroom": "침실에서, 아이 방에서; 침실, 아이 방", "stage_hall": "무대에서, 극장 무대에서; 무대, 극장", "arctic": "북극에서, 빙하에서, 얼음 위에서; 북극, 빙하; 북극", "lavender_field": "라벤더 밭에서, 라벤더 들판에서; 라벤더 밭; 라벤더 밭",
}
TIMES = {"dawn": "새벽에, 동틀 녘에; 새벽, 동틀 녘", "morning": "아침에, 이른 아침에; 아침", "noon": "정오에, 한낮에; 정오, 한낮", "sunset": "해 질 무렵에, 저녁에; 저녁, 노을", "dusk": "땅거미 질 때, 황혼에; 땅거미, 황혼", "night": "밤에, 깊은 밤에; 밤, 한밤"}
WEATHERS = {
    "clear": "맑은 하늘 아래, 화창한 날씨에; 하늘이 맑다, 구름 한 점 없다; 맑음, 맑은 하늘", "breeze": "산들바람 속에서, 바람을 맞으며; 산들바람이 분다, 부드러운 바람이 분다; 산들바람", "cloudy": "흐린 하늘 아래, 구름 아래; 하늘이 흐리다, 구름이 하늘을 덮는다; 흐림, 구름", "rain": "비를 맞으며, 빗속에서; 비가 내린다, 비가 온다; 비",
    "snow": "눈을 맞으며, 내리는 눈 속에서; 눈이 내린다, 눈송이가 날린다; 눈 내림, 눈송이", "fog": "안개 속에서, 짙은 안개 속에서; 안개가 자욱하다, 안개가 낀다; 안개", "storm": "폭풍 속에서, 뇌우 속에서; 폭풍이 몰아친다, 번개가 친다; 폭풍, 번개", "rainbow": "무지개 아래, 무지개가 뜬 하늘 아래; 무지개가 떠 있다, 하늘에 무지개가 걸린다; 무지개",
}
LIGHTS = {"natural": "자연광으로, 빛이 자연스럽다; 자연광", "sunbeams": "햇살이 쏟아진다, 햇빛 줄기가 내리비친다; 햇살, 햇빛 줄기", "golden": "황금빛으로 물든다, 금빛이 가득하다; 황금빛, 금빛"}
MOODS = {
    "calm": "평온한, 고요한; 평온하게, 고요히", "joyful": "즐거운, 유쾌한; 즐겁게, 유쾌하게", "dreamy": "꿈같은, 몽환적인; 꿈결처럼, 몽환적으로", "gloomy": "우울한, 쓸쓸한; 우울하게, 쓸쓸히", "mysterious": "신비로운, 수수께끼 같은; 신비롭게", "festive": "축제 같은, 흥겨운; 흥겹게, 축제처럼", "tender": "다정한, 따스한; 다정하게, 따스하게", "tense": "긴장된, 아슬아슬한; 긴장하며, 아슬아슬하게",
}
MOOD = {"": ("{mood_word} 분위기", "분위기는 {mood_word} 느낌"), "tag": ("{mood_word} 분위기", "{mood_word} 느낌")}
CAMERAS = {
    "still": "카메라는 고정되어 있다, 카메라는 움직이지 않는다; 고정 카메라", "pan_left": "카메라가 왼쪽으로 움직인다, 카메라가 천천히 왼쪽을 향한다; 왼쪽 패닝", "pan_right": "카메라가 오른쪽으로 움직인다, 카메라가 천천히 오른쪽을 향한다; 오른쪽 패닝", "push_in": "카메라가 다가간다, 카메라가 천천히 가까워진다; 줌인, 다가가는 카메라",
    "pull_out": "카메라가 멀어진다, 카메라가 천천히 물러난다; 줌아웃, 멀어지는 카메라", "tilt_up": "카메라가 위를 향한다, 카메라가 위로 기운다; 위로 틸트", "tilt_down": "카메라가 아래를 향한다, 카메라가 아래로 기운다; 아래로 틸트", "orbit": "카메라가 주위를 돈다, 카메라가 한 바퀴 돈다; 회전 카메라, 궤도 촬영",
}
SEASONS = {"spring": "봄날; 봄", "summer": "여름날; 여름", "autumn": "가을날; 가을", "winter": "겨울날; 겨울"}
STYLES = {"storybook": "그림책 스타일로, 동화책처럼; 그림책 스타일", "flat": "납작한 종이 오리기 스타일로, 종이 공예처럼; 종이 오리기", "ink": "수묵화 스타일로, 수묵화처럼; 수묵화", "night_neon": "빛나는 네온 스타일로, 네온 빛깔로; 네온 스타일"}
CLOTHES = {"hat": "모자를 쓴, 모자 쓴; 모자를 쓴", "scarf": "목도리를 두른, 목도리 한; 목도리를 두른", "coat": "외투를 걸친, 코트를 걸친; 외투를 걸친"}
RELATIONS = {
    "beside": "{kind2} 옆에서, {kind2}{wa2} 나란히; 그 옆에 {kind2}{ga2} 있다, 옆에서 {kind2}{ga2} {action2}; {kind}{ga} {kind2} 옆에 있다, {kind}{ga} {kind2}{wa2} 나란히 있다; {kind2_tag} 옆의 {kind_tag}",
    "behind": "뒤에 {kind2}{reul2} 두고, {kind2}{reul2} 등지고; 그 뒤에 {kind2}{ga2} 있다, 뒤에서 {kind2}{ga2} {action2}; {kind2}{ga2} {kind} 뒤에 있다, {kind} 뒤에서 {kind2}{ga2} {action2}; {kind_tag} 뒤의 {kind2_tag}",
    "in_front": "앞에 {kind2}{reul2} 두고, {kind2}{reul2} 앞세우고; 그 앞에 {kind2}{ga2} 있다, 앞에서 {kind2}{ga2} {action2}; {kind2}{ga2} {kind} 앞에 있다, {kind} 앞에서 {kind2}{ga2} {action2}; {kind_tag} 앞의 {kind2_tag}",
    "above": "머리 위에 {kind2}{reul2} 두고, {kind2} 아래에서; 그 위에 {kind2}{ga2} 있다, 위에서 {kind2}{ga2} {action2}; {kind2}{ga2} {kind} 위에 있다, {kind} 위에서 {kind2}{ga2} {action2}; {kind_tag} 위의 {kind2_tag}",
    "follows": "{kind2}{ga2} 따라오는 가운데, 뒤따르는 {kind2}{wa2} 함께; {kind2}{ga2} 그 뒤를 따른다, {kind2}{ga2} 따라간다; {kind2}{ga2} {kind}{reul} 따라간다, {kind2}{ga2} {kind}{reul} 뒤따른다; {kind_tag}{reul} 따라가는 {kind2_tag}",
    "faces": "{kind2}{wa2} 마주 보며, {kind2}{reul2} 마주하고; {kind2}{ga2} 마주 보고 있다, 맞은편에 {kind2}{ga2} 있다; {kind2}{ga2} {kind}{reul} 마주 본다, {kind2}{ga2} {kind}{wa} 마주 서 있다; {kind_tag}{reul} 마주 보는 {kind2_tag}",
}
STOP_WORDS = """
    이 그 저 것 수 등 및 또는 그리고 하지만 그러나 먼저 처음 다음 그다음 이제 지금 나중 한 두 세 네 하나 둘 셋 마리 명 대 척 개의 있는 있다 있어요 있습니다 없는 없다 하는 한다 하고 해요 합니다 된다 되는 되어
    매우 아주 너무 정말 좀 더 가장 모두 모든 다 함께 같이 위 아래 앞 뒤 옆 안 밖 속 사이 쪽 곳 때 동안 중 작은 큰 커다란 예쁜 귀여운 아름다운 젊은 늙은 천천히 빨리 조용히 부드럽게 오직
    영상 동영상 비디오 영화 장면 클립 애니메이션 그림 만들어 줘 주세요 보여 그려 생성 생성해 상상해 보세요 카메라 분위기 빛 주체 동작 장소 시간 날씨 색 색은 몸은 옷 옷은 스타일 스타일로 느낌 초 화질 입은 차림의
"""
NEAREST = "용=공룡 드래곤=공룡 사자=고양이 호랑이=고양이 늑대=개 곰=개 트럭=버스 배=돛단배 자전거=자동차 헬리콥터=비행기 우주선=로켓 상어=고래 돌고래=고래 독수리=새 부엉이=새 백조=오리 쥐=토끼"
