"""Japanese. A speaker can correct every line; `phrasebook.py` explains the format and `grammar.py` the brackets."""

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "ja"
SALT = 1
FULL_STOP = "。"

AFTER = "<[、{weather_clause}]><[、{light}]><[、{mood}]><[、{camera}]>"
TAGS = "<[、{time_tag}]><[、{weather_tag}]><[、{light_tag}]><[、{mood_tag}]><[、{camera_tag}]>"
FRAMES = {
    "does": "{lead}{kind}が{setting}で{action}" + AFTER,
    "does-time": "{kind}が[{time}、]{setting}で{action}[、{weather_clause}][、{camera}]",
    "place-first": "{setting}で{kind}が{action}" + AFTER,
    "place-time": "{setting}で、[{time}に]{kind}が{action}" + AFTER,
    "time-first": "{time}、{kind}が{setting}で{action}" + AFTER,
    "time-place": "{time}の{setting}で{kind}が{action}[、{weather_clause}][、{light}]",
    "weather-first": "{weather}、{kind}が{setting}で{action}[、{light}][、{camera}]",
    "camera-first": "{camera}。{kind}が{setting}で{action}[、{weather_clause}]",
    "adverb": "{kind}が{setting}で{mood_adverb}{action}[、{weather_clause}][、{light}][、{camera}]",
    "mood-first": "{mood_word}雰囲気の中、{kind}が{setting}で{action}[、{weather_clause}][、{camera}]",
    "doing-noun": "{setting}で{action}{kind_plain}[、{colour_says}]" + AFTER,
    "doing-kind": "{lead}{setting}で{action}{kind}" + AFTER,
    "colour-after": "{kind_plain}が{setting}で{action}。{colour_says}[、{weather_clause}][、{camera}]",
    "imagine": "想像してみて、{kind}が{setting}で{action}" + AFTER,
    "only": "{time}の{setting}、ただ{kind}だけが{action}" + AFTER,
    "scene": "{kind}が{setting}で{action}(場面|シーン)" + AFTER,
    "subject-only": "{lead}{kind}が{action}[、{camera}]",
    "tags": "{kind_tag}、{setting_tag}、{action_tag}" + TAGS,
    "tags-place": "{setting_tag}[、{time_tag}]、{kind_tag}、{action_tag}[、{weather_tag}][、{camera_tag}]",
    "form": "主体：{kind_tag}、動作：{action_tag}、場所：{setting_tag}[、時間：{time_tag}][、天気：{weather_tag}][、光：{light_tag}][、カメラ：{camera_tag}]",
    "pair-and": "{setting}で{kind}が{action_and}、{kind2}が{action2}" + AFTER,
    "pair-both": "{lead}{kind}と{kind2}が{setting}にいる" + AFTER,
    "pair-time": "{time}、{kind}が{setting}で{action_and}、{kind2}が{action2}[、{weather_clause}][、{camera}]",
    "pair-with": "{relation_with}、{kind}が{setting}で{action}" + AFTER,
    "pair-clause": "{kind}が{setting}で{action_and}、{relation_clause}" + AFTER,
    "pair-place": "{setting}で、{relation_with}、{kind}が{action}" + AFTER,
    "pair-says": "{setting}で{relation_says}[、{weather_clause}][、{camera}]",
    "pair-semicolon": "{kind}が{setting}で{action}。{kind2}は{action2}" + AFTER,
    "pair-says-time": "{time}、{setting}で{relation_says}[、{weather_clause}][、{camera}]",
    "pair-with-time": "{time}、{relation_with}、{kind}が{setting}で{action}[、{weather_clause}][、{camera}]",
    "pair-tags": "{relation_tag}、{setting_tag}" + TAGS,
}
RARE = {"subject-only": 0.4, "only": 0.5, "imagine": 0.5}
STYLED = ("{}、{style}", "{style}、{}", "{style_tag}：{}", "{}、{style_tag}")
LEADS = ("",) * 8 + ("動画を作って：", "動画：", "映像を作ってください、", "短い動画、", "見せて、", "アニメーション：")

LITTLE = {}
SUBJECT = {
    "plain": ("{noun}",),
    "plain_tag": ("{noun}",),
    "coloured": ("{colour}{noun}",),
    "coloured_tag": ("{colour}{noun}",),
    "worn": ("{colour}{part}の{noun}", "{colour}{part}を着た{noun}", "{colour}{part}姿の{noun}"),
    "worn_tag": ("{colour}{part}の{noun}", "{noun}、{colour}{part}"),
    "says": ("色は{colour_name}", "体の色は{colour_name}"),
    "worn_says": ("着ているのは{colour}{part}", "{part}の色は{colour_name}"),
}
CLOTHED, CLOTHED_TAG = "{clothes}{}", "{clothes}{}"
SEASONED, SEASONED_TAG = "{season}の{}", "{season_tag}の{}"

NOUNS = {
    "airplane": "飛行機, 旅客機", "balloon": "気球, 熱気球", "bird": "鳥, 小鳥", "boy": "男の子, 少年", "bus": "バス, 大きなバス", "butterfly": "蝶, ちょうちょ",
    "car": "車, 自動車", "cat": "猫, 子猫, ネコ", "dinosaur": "恐竜, 小さな恐竜", "dog": "犬, 子犬, イヌ", "duck": "アヒル, カモ", "elephant": "象, ゾウ",
    "fish": "魚, 小魚", "fox": "狐, キツネ", "girl": "女の子, 少女", "horse": "馬, 子馬", "man": "男性, 男の人", "penguin": "ペンギン, 小さなペンギン",
    "rabbit": "うさぎ, ウサギ, 子うさぎ", "robot": "ロボット, 小さなロボット", "rocket": "ロケット, 宇宙ロケット", "sailboat": "ヨット, 帆船", "train": "電車, 列車, 汽車",
    "turtle": "亀, カメ, 陸亀", "whale": "鯨, クジラ", "woman": "女性, 女の人",
}
PARTS = {"girl": "ワンピース, ドレス", "woman": "ワンピース, ドレス", "boy": "シャツ, Tシャツ", "man": "シャツ, Tシャツ"}
COLOURS = {
    "red": "赤い, 真っ赤な, 赤色の; 赤", "orange": "オレンジ色の, 橙色の; オレンジ色", "yellow": "黄色い, 黄色の; 黄色", "green": "緑の, 緑色の; 緑", "teal": "青緑の, 青緑色の; 青緑",
    "blue": "青い, 真っ青な, 青色の; 青", "purple": "紫の, 紫色の; 紫", "pink": "ピンクの, 桃色の; ピンク", "white": "白い, 真っ白な, 白色の; 白", "black": "黒い, 真っ黒な, 黒色の; 黒",
    "grey": "灰色の, グレーの; 灰色", "brown": "茶色い, 茶色の; 茶色",
}
# dictionary form; noun or -ing form for tags; -te form before another clause
ACTIONS = {
    "bow": "お辞儀をする, お辞儀をしている; お辞儀; お辞儀をして", "cheer": "歓声を上げる, 歓声を上げている; 歓声; 歓声を上げて", "clap": "拍手する, 手をたたいている; 拍手; 拍手して",
    "crawl": "這う, 這っている, のそのそ這っている; 這う; 這っていて", "dance": "踊る, 踊っている, ダンスをしている; 踊り, ダンス; 踊っていて", "dive": "潜る, 潜っている; 潜水; 潜っていて",
    "drift": "漂う, ふわふわ漂っている, 風に流されている; 漂う; 漂っていて", "drive": "走行する, 走行している; 走行, ドライブ; 走行していて", "eat": "食べる, 食べている, ご飯を食べている; 食事; 食べていて",
    "flap": "羽ばたく, 羽ばたいている; 羽ばたき; 羽ばたいていて", "float": "浮かぶ, 浮かんでいる, ぷかぷか浮いている; 浮かぶ; 浮かんでいて", "flutter": "ひらひら舞う, ひらひら舞っている; ひらひら; ひらひら舞っていて",
    "fly": "飛ぶ, 飛んでいる, 空を飛んでいる; 飛行; 飛んでいて", "glide": "滑空する, 滑空している, すいすい進む; 滑空; 滑空していて", "graze": "草を食べる, 草を食べている; 草を食べる; 草を食べていて",
    "hop": "ぴょんぴょん跳ねる, ぴょんぴょん跳ねている; ぴょんぴょん; ぴょんぴょん跳ねていて", "hover": "空中で止まる, 空中に静止している; 空中静止; 空中に静止していて", "jump": "ジャンプする, 高く跳び上がる, ジャンプしている; ジャンプ; ジャンプしていて",
    "land": "着陸する, 着陸している, 舞い降りる; 着陸; 着陸していて", "launch": "打ち上がる, 離陸する, 飛び立つ; 打ち上げ, 離陸; 飛び立ち", "look": "辺りを見回す, きょろきょろ見ている; 見回す; 辺りを見回していて",
    "nod": "うなずく, うなずいている; うなずき; うなずいていて", "read": "本を読む, 読書している, 本を読んでいる; 読書; 本を読んでいて", "rise": "上昇する, 上がっていく, ゆっくり昇る; 上昇; 上昇していて",
    "roar": "吠える, 吠えている, 大声で吠える; 咆哮; 吠えていて", "rock": "揺れる, ゆらゆら揺れている; ゆらゆら; 揺れていて", "roll": "転がる, ごろごろ転がっている; ごろごろ; 転がっていて", "run": "走る, 走っている, 駆けている; 走る, 駆け足; 走っていて",
    "sail": "帆走する, 航海している, 帆を張って進む; 帆走, 航海; 帆走していて", "sing": "歌う, 歌っている, 歌を歌っている; 歌; 歌っていて", "sit": "座る, 座っている, じっと座っている; 座る; 座っていて", "sleep": "眠る, 眠っている, 寝ている, 昼寝している; 睡眠, 昼寝; 眠っていて",
    "slide": "滑る, 滑っている, つるつる滑っている; 滑る; 滑っていて", "spin": "回る, くるくる回っている, 回転している; 回転; くるくる回っていて", "stretch": "伸びをする, 伸びをしている; 伸び; 伸びをしていて", "swim": "泳ぐ, 泳いでいる; 泳ぎ, 水泳; 泳いでいて",
    "trot": "小走りする, 小走りしている, とことこ進む; 小走り; 小走りしていて", "wait": "待つ, 待っている, 止まっている; 待機; 待っていて", "walk": "歩く, 歩いている, 散歩している; 散歩, 歩行; 歩いていて", "wave": "手を振る, 手を振っている; 手を振る; 手を振っていて",
}
ACTIONS_OF = {
    "elephant wave": "鼻を振る, 長い鼻を振っている; 鼻を振る; 鼻を振っていて", "penguin slide": "腹ばいで滑る, お腹で滑っている; 腹滑り; 腹ばいで滑っていて", "fish glide": "すいすい進む, すいすい進んでいる; すいすい; すいすい進んでいて",
}
OVER = "{place}の上空"
SETTINGS = {
    "autumn_park": "秋の公園, 紅葉の木の下; 秋の公園, 紅葉; 秋の公園", "bamboo_grove": "竹林, 竹やぶの中; 竹林, 竹; 竹林", "beach": "浜辺, 砂浜, 海辺; 浜辺, 砂浜; 浜辺, 砂浜", "cherry_garden": "桜の木の下, 満開の桜の下, 桜の庭; 桜, 桜の庭; 桜の庭",
    "city": "街, 街の通り, 高層ビルの間; 街, 都会; 街", "desert": "砂漠, 砂丘の間; 砂漠, 砂丘; 砂漠", "meadow": "花畑, 草原, 花咲く野原; 花畑, 草原; 花畑, 草原", "moon": "月面, 月の上, 月のクレーター; 月面, 月; 月面",
    "mountain_lake": "山の湖, 山間の湖; 山の湖; 山の湖", "reef": "サンゴ礁, 海底のサンゴの間; サンゴ礁, サンゴ", "sea": "海, 大海原, 沖の海; 海, 大海原; 海", "snow_forest": "雪の森, 雪に覆われた松林; 雪の森; 雪の森",
    "village": "村, 小さな村, 村の小道; 村, 田舎の村; 村", "farm": "農場, 牧場; 農場, 牧場; 農場", "jungle": "ジャングル, 密林, 熱帯雨林; ジャングル, 密林; ジャングル", "volcano": "火山のふもと, 火山のそば; 火山; 火山",
    "harbour": "港, 波止場; 港, 波止場; 港", "castle": "お城の前, 古い城の庭; お城, 古城; お城", "waterfall": "滝のそば, 滝つぼ, 滝の前; 滝; 滝", "playground": "遊び場, 児童公園, ブランコと滑り台のそば; 遊び場, 児童公園; 遊び場",
    "bedroom": "寝室, 子供部屋; 寝室, 子供部屋", "stage_hall": "舞台, 劇場の舞台, ステージ; 舞台, ステージ", "arctic": "北極, 氷の上, 氷山の間; 北極, 氷山; 北極", "lavender_field": "ラベンダー畑, 一面のラベンダーの中; ラベンダー畑; ラベンダー畑",
}
TIMES = {
    "dawn": "夜明け, 明け方; 夜明け, 明け方", "morning": "朝, 早朝; 朝, 早朝", "noon": "昼, 正午, 真昼; 昼, 正午", "sunset": "夕方, 日没の頃, 夕暮れ; 夕方, 夕日", "dusk": "黄昏時, 宵; 黄昏, 宵", "night": "夜, 真夜中; 夜, 真夜中",
}
WEATHERS = {
    "clear": "晴れた空の下, 青空の下; 空は晴れている, 雲一つない; 晴れ, 快晴", "breeze": "そよ風の中, 風に吹かれて; そよ風が吹いている, 風が優しく吹く; そよ風, 微風", "cloudy": "曇り空の下, 雲の下; 空は曇っている, 雲が空を覆う; 曇り, 曇り空",
    "rain": "雨の中, 小雨の中; 雨が降っている, 雨が静かに降る; 雨, 小雨", "snow": "雪の降る中, 降る雪の中; 雪が降っている, 雪が舞う; 雪, 降雪", "fog": "霧の中, 深い霧の中; 霧が立ち込める, 霧に包まれている; 霧, 濃霧",
    "storm": "嵐の中, 雷雨の中; 嵐が吹き荒れる, 稲妻が光る; 嵐, 雷雨", "rainbow": "虹の下, 虹の架かる空の下; 虹が架かっている, 空に虹が見える; 虹",
}
LIGHTS = {"natural": "自然光で, 柔らかな自然の光; 自然光", "sunbeams": "日差しが降り注ぐ, 光の筋が差し込む, 木漏れ日のような日光; 日差し, 光の筋", "golden": "黄金の光に包まれている, 金色の光があふれる; 金色の光, 黄金の光"}
MOODS = {
    "calm": "穏やかな, 静かな; 穏やかに, 静かに", "joyful": "楽しい, 陽気な; 楽しそうに, 陽気に", "dreamy": "夢のような, 幻想的な; 夢のように, 幻想的に", "gloomy": "憂鬱な, 悲しい; 悲しそうに, 憂鬱そうに",
    "mysterious": "神秘的な, 不思議な; 神秘的に, 不思議そうに", "festive": "お祭りのような, 華やかな; お祭りのように, 華やかに", "tender": "優しい, 温かな; 優しく, 温かく", "tense": "緊張した, 張り詰めた; 緊張して, 張り詰めて",
}
MOOD = {"": ("{mood_word}雰囲気", "{mood_word}ムード", "{mood_word}空気が漂う"), "tag": ("{mood_word}雰囲気", "{mood_word}ムード")}
CAMERAS = {
    "still": "カメラは固定, カメラは動かない; 固定カメラ", "pan_left": "カメラが左へパンする, カメラがゆっくり左に動く; 左パン, 左へパン", "pan_right": "カメラが右へパンする, カメラがゆっくり右に動く; 右パン, 右へパン",
    "push_in": "カメラが近づく, カメラがゆっくり寄る; ズームイン, 寄り", "pull_out": "カメラが遠ざかる, カメラがゆっくり引く; ズームアウト, 引き", "tilt_up": "カメラが上を向く, カメラがゆっくり上に傾く; ティルトアップ, 上へティルト",
    "tilt_down": "カメラが下を向く, カメラがゆっくり下に傾く; ティルトダウン, 下へティルト", "orbit": "カメラが周りを回る, カメラがぐるりと回り込む; 周回カメラ, 回り込み",
}
SEASONS = {"spring": "春; 春", "summer": "夏; 夏", "autumn": "秋; 秋", "winter": "冬; 冬"}
STYLES = {
    "storybook": "絵本風に, 絵本のようなスタイルで; 絵本風", "flat": "切り絵風に, 平面的な切り絵のスタイルで; 切り絵風, 切り絵", "ink": "水墨画風に, 水墨画のように; 水墨画, 水墨画風", "night_neon": "光るネオンの夜のスタイルで, ネオン風に; ネオン風, ネオン",
}
CLOTHES = {"hat": "帽子をかぶった, 帽子姿の; 帽子をかぶった", "scarf": "マフラーを巻いた, マフラー姿の; マフラーを巻いた", "coat": "コートを羽織った, コート姿の; コートを羽織った"}
RELATIONS = {
    "beside": "{kind2}の隣で, {kind2}と並んで; その隣に{kind2}がいる, 隣で{kind2}が{action2}; {kind}が{kind2}の隣にいる, {kind}が{kind2}と並んでいる; {kind2_tag}の隣の{kind_tag}",
    "behind": "{kind2}を後ろに, 後ろに{kind2}がいて; その後ろに{kind2}がいる, 後ろで{kind2}が{action2}; {kind2}が{kind}の後ろにいる, {kind}の後ろで{kind2}が{action2}; {kind_tag}の後ろの{kind2_tag}",
    "in_front": "{kind2}を前に, 前に{kind2}がいて; その前に{kind2}がいる, 前で{kind2}が{action2}; {kind2}が{kind}の前にいる, {kind}の前で{kind2}が{action2}; {kind_tag}の前の{kind2_tag}",
    "above": "{kind2}を頭上に, 上に{kind2}がいて; その上に{kind2}がいる, 頭上で{kind2}が{action2}; {kind2}が{kind}の上にいる, {kind}の上で{kind2}が{action2}; {kind_tag}の上の{kind2_tag}",
    "follows": "{kind2}に追われて, {kind2}が後を追い; {kind2}がその後をついて行く, {kind2}が追いかける; {kind2}が{kind}の後をついて行く, {kind2}が{kind}を追いかける; {kind_tag}を追う{kind2_tag}",
    "faces": "{kind2}と向かい合って, {kind2}と見つめ合って; {kind2}がこちらと向かい合う, 正面に{kind2}がいる; {kind2}が{kind}と向かい合う, {kind2}が{kind}の正面にいる; {kind_tag}と向かい合う{kind2_tag}",
}
STOP_WORDS = """
    一 二 三 つ 人 匹 頭 羽 台 隻 本 枚 機 艘 大 小 私 彼 彼女 中 上 下 前 後 間 時 動画 映像 映画 画面 場面 作 生成 描 見 写 秒 最初 次 今 色 体 方 風 的 高 美 若 新 古 長 短 白 可愛 綺麗
    クリップ ビデオ シーン アニメ アニメーション カメラ ムード スタイル スロー ゆっくり 撮影 想像 主体 動作 場所 時間 天気 光 雰囲気 品質 画質 少 々 居 来 行 出 入 々
"""
NEAREST = "ドラゴン=恐竜 竜=恐竜 ライオン=猫 虎=猫 トラ=猫 狼=犬 オオカミ=犬 熊=犬 トラック=バス 船=帆船 自転車=車 バイク=車 ヘリコプター=飛行機 宇宙船=ロケット サメ=鯨 イルカ=鯨 フクロウ=鳥 鷹=鳥 白鳥=アヒル パンダ=ペンギン 王女=少女 王子=少年"
