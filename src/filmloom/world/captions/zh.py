"""Chinese. A speaker can correct every line: `grammar.py` explains the brackets. 写法:逗号一律用“，”,句末不写句号。

Slots without a field: {noun}, {part}, {one} (measure word with 一), {ta} (她 他 它), {lead}.
"""

from __future__ import annotations

import random
import re
from functools import cache

from filmloom.world.captions.grammar import Telling, is_second, of_second, split_slot

# ruff: noqa: E501  (一个句式写在一行,便于阅读)

LANGUAGE = "zh"
SALT = 360

# --- 句式 ------------------------------------------------------------------------------------------------------------
AFTER = "<[，{weather_clause}]><[，{light_clause}]><[，{mood_clause}]><[，{camera_clause}]>"
TAGS = "<[，{time_tag}]><[，{weather_tag}]><[，{light_tag}]><[，{mood_tag}]><[，{camera_tag}]>"
SPACED = "<[ {time_tag}]><[ {weather_tag}]><[ {light_tag}]><[ {mood_tag}]><[ {camera_tag}]>"

FRAMES = {
    # 平铺直叙
    "doing": "{lead}{kind}在{setting}{action}" + AFTER,
    "time-inside": "{lead}{kind}{time}在{setting}{action}[，{weather_clause}][，{light_clause}][，{camera_clause}]",
    "now-doing": "{kind}正在{setting}{action}[，{time_clause}]" + AFTER,
    "there-is": "{setting}有{kind}{action_now}[，{time_clause}]" + AFTER,
    "picture": "(画面中|画面里|镜头里)，{kind}(正|)在{setting}{action}[，{time_clause}]" + AFTER,
    "mood-scene": "{mood_word}的(画面|场景|短片)(：|，)[{time}，]{kind}在{setting}{action}[，{weather_clause}][，{camera_clause}]",
    "weather-in": "{kind}在{weather}的{setting}{action}[，{time_clause}][，{light_clause}][，{camera_clause}]",
    "mood-adverb": "{kind}在{setting}{mood_adverb}{action}[，{time_clause}][，{weather_clause}][，{light_clause}][，{camera_clause}]",
    # 地点或时间在前
    "place-first": "{setting}，{kind}{action_now}[，{time_clause}]" + AFTER,
    "place-in": "在{setting}，{kind}{action}[，{time_clause}][，{weather_clause}][，{light_clause}][，{camera_clause}]",
    "time-first": "{time}，{kind}在{setting}{action}" + AFTER,
    "time-place": "{time}，{setting}，{kind}{action_now}[，{weather_clause}][，{light_clause}][，{mood_clause}]",
    "weather-first": "{weather_clause}，{kind}在{setting}{action}[，{time_clause}][，{light_clause}][，{camera_clause}]",
    "light-first": "{light_clause}，{kind}在{setting}{action}[，{weather_clause}][，{mood_clause}]",
    "camera-first": "{camera_clause}，{kind}在{setting}{action}[，{time_clause}][，{weather_clause}][，{light_clause}]",
    # 短语
    "subject-only": "{lead}{kind}{action_now}[，{time_clause}][，{camera_clause}]",
    "place-only": "{lead}{setting}的{kind_tag}[，{time_tag}]",
    "tags": "{kind_tag}，{setting_tag}，{action}" + TAGS,
    "tags-spaced": "{kind_tag} {setting_tag} {action}" + SPACED,
    "tags-place": "{setting_tag}，{kind_tag}{action}" + TAGS,
    "tags-action": "{kind_tag}{action}，{setting_tag}" + TAGS,
    "doing-tag": "{lead}在{setting}{action}的{kind_tag}" + TAGS,
    "form": "主体：{kind_tag}；动作：{action}；地点：{setting_tag}[；时间：{time_tag}][；天气：{weather_tag}][；光线：{light_tag}]"
    "[；氛围：{mood_tag}][；镜头：{camera_tag}]",
    "video-of": "一段{kind_bare}在{setting}{action}的(视频|短片|影片)" + AFTER,
    # 颜色在后
    "colour-after": "{kind_plain}在{setting}{action}，{colour_says}[，{time_clause}][，{weather_clause}][，{camera_clause}]",
    "colour-then": "{setting}，{kind_plain}，{colour_says}，{action_now}[，{light_clause}][，{camera_clause}]",
    # 长句
    "flowing": "{lead}{kind}在{setting}{action}，{weather_clause}，{light_clause}[，{mood_clause}][，{camera_clause}]",
    "flowing-air": "{weather_clause}，{light_clause}，{kind}在{setting}{action}[，{time_clause}][，{mood_clause}]",
    "tale": "{time_clause}。{setting}，{kind}{action_now}。[{weather_clause}。][{light_clause}。][{camera_clause}。]",
    "imagine": "想象一下：{kind}在{setting}{action}[，{time_clause}]" + AFTER,
    "scenery": "[{time}的]{setting_noun}，{weather_clause}，{kind}在(这里|那里){action}[，{light_clause}][，{camera_clause}]",
    # 如诗
    "only": "{time}，{setting}，(只有|唯有){kind}{action_now}" + AFTER,
    "world": "{setting}，{kind}{action_now}，(天地间只有这一幕|整个世界都在看)[，{light_clause}][，{camera_clause}]",
    # 两个主体
    "pair-and": "{kind}{action}，{kind2}{action2}，在{setting}[，{time_clause}]" + AFTER,
    "pair-place": "在{setting}，{kind}{action_now}，{kind2}{action2_now}[，{time_clause}]" + AFTER,
    "pair-both": "{lead}{kind}和{kind2}在{setting}[，{time_clause}][，{weather_clause}][，{mood_clause}][，{camera_clause}]",
    "pair-time": "{time}，{setting}，{kind}{action_now}，{kind2}{action2_now}[，{weather_clause}][，{camera_clause}]",
    "pair-clause": "{lead}{kind}在{setting}{action}，{relation_clause}[，{time_clause}]" + AFTER,
    "pair-clause-place": "{setting}，{kind}{action_now}，{relation_clause}" + AFTER,
    "pair-time-clause": "{time}，{kind}在{setting}{action}，{relation_clause}[，{weather_clause}][，{light_clause}]",
    "pair-says": "{lead}{relation_says}，在{setting}[，{time_clause}]" + AFTER,
    "pair-says-place": "在{setting}，{relation_says}[，{time_clause}]" + AFTER,
    "pair-says-time": "{time}，{setting}，{relation_says}[，{weather_clause}][，{camera_clause}]",
    "pair-tags": "{kind_tag}，{kind2_tag}，{relation_tag}，{setting_tag}" + TAGS,
    "pair-form": "主体：{kind_tag}；动作：{action}；同伴：{kind2_tag}[；同伴动作：{action2}]；关系：{relation_tag}；地点：{setting_tag}[；时间：{time_tag}]",
}  # fmt: skip
STYLED = ("{}，{style}", "{style}，{}", "{style_tag}：{}", "{}，{style_tag}")
RARE = {"only": 0.5, "world": 0.5, "subject-only": 0.4, "place-only": 0.3}

# 留作测试的句子,永不用于训练。
KEPT_BACK = ("一位穿红色连衣裙的女孩在春天的樱花树下跳舞，微风吹起她的发丝，阳光洒落。",)

LEADS = ("",) * 8 + (
    "请生成", "请生成一段视频：", "生成一段视频，", "帮我做一个视频，", "请画", "我想看", "一段视频：", "制作短片：", "拍一段视频：", "展示",
)  # fmt: skip

# --- 主体 ------------------------------------------------------------------------------------------------------------
NOUNS = {
    "airplane": ("飞机", "大飞机", "客机"), "balloon": ("热气球", "大热气球"), "bird": ("鸟", "小鸟", "鸟儿"), "boy": ("男孩", "小男孩", "少年", "小伙子"),
    "bus": ("公交车", "巴士", "大巴"), "butterfly": ("蝴蝶", "小蝴蝶"), "car": ("汽车", "小汽车", "轿车"), "cat": ("猫", "小猫", "猫咪"),
    "dinosaur": ("恐龙", "小恐龙", "大恐龙"), "dog": ("狗", "小狗", "狗狗"), "duck": ("鸭子", "小鸭子", "小鸭"), "elephant": ("大象", "小象", "象"),
    "fish": ("鱼", "小鱼", "鱼儿"), "fox": ("狐狸", "小狐狸"), "girl": ("女孩", "小女孩", "姑娘", "少女"), "horse": ("马", "小马"),
    "man": ("男人", "男子", "年轻男子"), "penguin": ("企鹅", "小企鹅"), "rabbit": ("兔子", "小兔子", "野兔"), "robot": ("机器人", "小机器人"),
    "rocket": ("火箭", "宇宙火箭"), "sailboat": ("帆船", "小帆船"), "train": ("火车", "列车"), "turtle": ("乌龟", "小乌龟", "陆龟"),
    "whale": ("鲸鱼", "大鲸鱼", "鲸"), "woman": ("女人", "女子", "年轻女子"),
}
PARTS = {
    "girl": ("连衣裙", "裙子"), "woman": ("连衣裙", "长裙"), "boy": ("衬衫", "上衣"), "man": ("衬衫", "上衣"), "sailboat": ("帆", "船帆"),
}  # fmt: skip
PERSONS = ("girl", "boy", "woman", "man")
MEASURES = {
    "balloon": ("一个", "一只"), "bird": ("一只",), "boy": ("一个", "一位", "一名"), "bus": ("一辆",), "butterfly": ("一只",),
    "car": ("一辆",), "cat": ("一只",), "dog": ("一只", "一条"), "fish": ("一条",), "girl": ("一位", "一个", "一名"),
    "horse": ("一匹",), "rabbit": ("一只",), "robot": ("一个", "一台"), "rocket": ("一枚", "一个"), "sailboat": ("一艘", "一条"),
    "airplane": ("一架",), "dinosaur": ("一只", "一头"), "duck": ("一只",), "elephant": ("一头", "一只"), "fox": ("一只",),
    "man": ("一个", "一位", "一名"), "penguin": ("一只",), "train": ("一列", "一辆"), "turtle": ("一只",), "whale": ("一头", "一条"),
    "woman": ("一个", "一位", "一名"),
}  # fmt: skip
PRONOUNS = {"girl": "她", "boy": "他", "woman": "她", "man": "他"}
CLOTHES = {
    "hat": ("戴着帽子", "头戴帽子", "戴帽子"), "scarf": ("围着围巾", "系着围巾", "围围巾"), "coat": ("披着大衣", "裹着大衣", "套着外套"),
}  # fmt: skip
# 第二个主体与第一个的关系
RELATIONS_CLAUSE = {
    "beside": ("旁边是{kind2}", "身旁有{kind2}[{action2_now}]", "{kind2}在{ta}旁边"),
    "behind": ("后面是{kind2}", "身后有{kind2}[{action2_now}]", "{kind2}在{ta}后面"),
    "in_front": ("前面是{kind2}", "身前有{kind2}[{action2_now}]", "{kind2}在{ta}前面"),
    "above": ("上方是{kind2}", "头顶有{kind2}[{action2_now}]", "{kind2}在{ta}上方"),
    "follows": ("{kind2}跟着{ta}", "{kind2}跟在后头", "{kind2}尾随着{ta}"),
    "faces": ("{kind2}面对着{ta}", "对面是{kind2}", "{kind2}望着{ta}"),
}
RELATIONS_SAYS = {
    "beside": ("{kind}在{kind2}旁边[{action}]", "{kind}和{kind2}肩并肩", "{kind}挨着{kind2}"),
    "behind": ("{kind2}在{kind}后面[{action2}]", "{kind2}在{kind}身后[{action2}]"),
    "in_front": ("{kind2}在{kind}前面[{action2}]", "{kind2}在{kind}身前[{action2}]"),
    "above": ("{kind2}在{kind}上方[{action2}]", "{kind2}在{kind}头顶上[{action2}]"),
    "follows": ("{kind2}跟着{kind}", "{kind2}跟随着{kind}", "{kind2}尾随{kind}"),
    "faces": ("{kind2}面对{kind}", "{kind2}面对着{kind}", "{kind}和{kind2}面对面"),
}
RELATION_TAGS = {
    "beside": ("并排", "在旁边", "肩并肩"), "behind": ("在后面", "在身后"), "in_front": ("在前面", "在身前"), "above": ("在上方", "在头顶上"),
    "follows": ("跟随", "尾随", "跟着走"), "faces": ("面对面", "在对面"),
}  # fmt: skip
PLAIN = ("{one}{noun}", "{one}{noun}", "{noun}")
COLOURED = ("{one}{colour}的{noun}", "{one}{colour}{noun}", "{one}{colour_short}{noun_short}", "{colour}的{noun}")
COLOURED_TAGS = ("{colour}{noun}", "{colour_short}{noun_short}", "{colour}的{noun}")
COLOUR_SAYS = ("{ta}是{colour}的", "{noun}是{colour}的", "颜色是{colour}")
WEARING = (
    "{one}穿{colour}{part}的{noun}", "{one}穿着{colour}{part}的{noun}", "{one}身穿{colour}{part}的{noun}",
    "{one}穿{colour_short}{part_short}的{noun}", "穿{colour}{part}的{noun}", "{one}身着{colour}{part}的{noun}",
)  # fmt: skip
WEARING_TAGS = ("{colour_short}{part_short}{noun}", "穿{colour}{part}的{noun}", "{noun}，{colour}{part}")
WEARING_SAYS = ("{ta}穿着{colour}{part}", "{ta}的{part}是{colour}的", "身穿{colour}{part}")
WITH_PART = (
    "{one}挂着{colour}{part}的{noun}", "{one}有{colour}{part}的{noun}", "{one}{colour_short}{part_short}的{noun}", "{one}{colour}的{noun}",
)  # fmt: skip
PART_TAGS = ("{colour_short}{part_short}{noun}", "{noun}，{colour}{part}", "{colour}{noun}")
PART_SAYS = ("{ta}的{part}是{colour}的", "{part}是{colour}的", "挂着{colour}{part}")
SHORT_PARTS = {"girl": "裙", "woman": "裙", "boy": "衣", "man": "衣", "sailboat": "帆"}
SHORT_NOUNS = {
    "bird": "鸟", "butterfly": "蝴蝶", "car": "车", "cat": "猫", "dog": "狗", "fish": "鱼", "horse": "马", "rabbit": "兔", "rocket": "火箭",
    "airplane": "飞机", "duck": "鸭", "elephant": "象", "fox": "狐狸", "turtle": "龟",
}  # fmt: skip

COLOURS = {
    "red": ("红色", "红色", "大红色", "鲜红色", "火红色", "深红色"),
    "orange": ("橙色", "橙色", "橘色", "橘黄色"),
    "yellow": ("黄色", "黄色", "明黄色", "鹅黄色"),
    "green": ("绿色", "绿色", "翠绿色", "草绿色"),
    "teal": ("青色", "青色", "蓝绿色", "青绿色"),
    "blue": ("蓝色", "蓝色", "天蓝色", "湛蓝色", "宝蓝色"),
    "purple": ("紫色", "紫色", "淡紫色", "紫罗兰色"),
    "pink": ("粉色", "粉色", "粉红色", "浅粉色"),
    "white": ("白色", "白色", "雪白色", "纯白色"),
    "black": ("黑色", "黑色", "乌黑色", "漆黑色"),
    "grey": ("灰色", "灰色", "银灰色", "浅灰色"),
    "brown": ("棕色", "棕色", "褐色", "咖啡色"),
}
SHORT_COLOURS = {
    "red": ("红", "大红"), "orange": ("橙",), "yellow": ("黄",), "green": ("绿",), "teal": ("青",), "blue": ("蓝",),
    "purple": ("紫",), "pink": ("粉",), "white": ("白",), "black": ("黑",), "grey": ("灰",), "brown": ("棕",),
}  # fmt: skip

# --- 动作 ------------------------------------------------------------------------------------------------------------
ACTIONS = {
    "bow": ("鞠躬", "鞠躬", "弯腰行礼", "行礼", "深深鞠躬"),
    "dance": ("跳舞", "跳舞", "翩翩起舞", "起舞", "跳着舞"),
    "drift": ("飘荡", "随风飘荡", "缓缓飘动", "慢慢飘着"),
    "drive": ("行驶", "行驶", "开着", "奔驰", "向前行驶"),
    "flutter": ("飞舞", "飞舞", "翩翩飞舞", "扇动翅膀"),
    "fly": ("飞翔", "飞翔", "飞行", "展翅飞翔", "飞来飞去"),
    "glide": ("滑翔", "滑翔", "翱翔"),
    "graze": ("吃草", "吃草", "低头吃草", "啃草"),
    "hop": ("蹦蹦跳跳", "蹦跳", "跳来跳去", "一蹦一跳"),
    "hover": ("悬停", "悬停", "静静悬停", "悬着不动"),
    "jump": ("跳跃", "跳跃", "跳起来", "高高跳起"),
    "land": ("着陆", "降落", "缓缓降落", "慢慢着陆"),
    "launch": ("发射", "起飞", "点火升空", "腾空而起"),
    "rise": ("上升", "上升", "缓缓升起", "慢慢升空", "向上升"),
    "rock": ("摇晃", "轻轻摇晃", "上下起伏", "随波摇摆"),
    "run": ("奔跑", "奔跑", "跑步", "飞奔", "跑着"),
    "sail": ("航行", "航行", "扬帆航行", "扬帆前行"),
    "sit": ("坐着", "坐着", "静静坐着", "端坐"),
    "sleep": ("睡觉", "睡觉", "打盹", "熟睡", "呼呼大睡"),
    "spin": ("旋转", "旋转", "转圈", "不停转圈"),
    "swim": ("游泳", "游动", "游来游去", "自在地游着"),
    "wait": ("停着", "停靠", "等候", "静静停着"),
    "walk": ("散步", "散步", "行走", "漫步", "走路"),
    "wave": ("挥手", "挥手", "招手", "向我们挥手"),
    "cheer": ("欢呼", "欢呼", "高声欢呼", "举手欢呼"),
    "clap": ("拍手", "鼓掌", "拍手", "连连鼓掌"),
    "crawl": ("爬行", "爬行", "爬来爬去", "慢慢爬"),
    "dive": ("潜水", "下潜", "往下潜", "扎进水里"),
    "eat": ("吃东西", "吃东西", "进食", "大口吃饭"),
    "flap": ("拍打翅膀", "扑腾翅膀", "拍着翅膀", "扑扇着翅膀"),
    "float": ("漂浮", "漂着", "静静漂浮", "漂在那里"),
    "look": ("张望", "四处张望", "东张西望", "环顾四周"),
    "nod": ("点头", "点头", "连连点头", "轻轻点头"),
    "read": ("看书", "看书", "读书", "读着一本书"),
    "roar": ("吼叫", "吼叫", "咆哮", "大声吼叫"),
    "roll": ("打滚", "打滚", "滚来滚去", "翻来滚去"),
    "sing": ("唱歌", "唱歌", "歌唱", "放声歌唱"),
    "slide": ("滑动", "滑动着", "滑来滑去", "一路滑过去"),
    "stretch": ("伸懒腰", "伸懒腰", "舒展身体", "伸展身体"),
    "trot": ("小跑", "小跑", "一路小跑", "碎步小跑"),
}
LASTING = ("端坐", "熟睡")  # like verbs with 着, these take no 正在
ACTIONS_OF = {
    ("elephant", "wave"): ("挥动鼻子", "甩着鼻子", "挥舞长鼻子"),
    ("penguin", "slide"): ("滑动", "趴着滑来滑去", "用肚皮滑着"),
    ("airplane", "fly"): ("飞行", "飞翔", "飞来飞去"),
    ("airplane", "glide"): ("滑翔", "滑翔着"),
    ("fish", "glide"): ("滑行", "缓缓滑行", "向前滑行"),
    ("fish", "spin"): ("转圈", "旋转", "绕圈游动"),
}

# --- 地点:“在……”、空中的说法、短语和名词 ---------------------------------------------------------------------------------
SETTINGS = {
    "autumn_park": ("秋天的公园里", "金黄的枫树下", "秋日的林间"), "bamboo_grove": ("竹林里", "翠竹之间", "竹海中"),
    "beach": ("沙滩上", "海边", "海滩上"), "cherry_garden": ("樱花树下", "盛开的樱花树下", "樱花园里", "樱花林中"),
    "city": ("城市里", "城市街道上", "高楼林立的街头"), "desert": ("沙漠里", "沙丘之间", "大漠中"),
    "meadow": ("开满鲜花的草地上", "花田里", "绿色的草原上"), "moon": ("月球上", "月球表面", "月球的环形山间"),
    "mountain_lake": ("山间湖上", "高山湖泊上", "群山环抱的湖面上"), "reef": ("珊瑚礁里", "海底的珊瑚间", "珊瑚丛中"),
    "sea": ("大海上", "海面上", "辽阔的海上"), "snow_forest": ("雪林里", "白雪覆盖的松林中", "冬天的森林里"),
    "village": ("村庄里", "乡间小村里", "村子的小路上"), "farm": ("农场里", "农场上", "农家院子里"), "jungle": ("丛林里", "热带雨林中", "丛林深处"),
    "volcano": ("火山旁", "火山脚下", "冒烟的火山前"), "harbour": ("港口里", "港湾里", "码头边"), "castle": ("城堡前", "古老的城堡里", "城堡庭院中"),
    "waterfall": ("瀑布边", "瀑布下", "瀑布前"), "playground": ("游乐场里", "滑梯和秋千旁", "儿童游乐场上"),
    "bedroom": ("卧室里", "温暖的卧室里", "儿童房里"), "stage_hall": ("舞台上", "剧院的舞台上", "剧场里"),
    "arctic": ("北极", "冰川上", "北极的冰面上"), "lavender_field": ("薰衣草田里", "薰衣草花海中", "一排排薰衣草间"),
}  # fmt: skip
ALOFT = ("airplane", "balloon", "bird", "butterfly", "rocket")
OVER = {
    "autumn_park": ("秋天的公园上空", "金黄的枫树间", "秋日的林间"),
    "bamboo_grove": ("竹林上空", "翠竹之间", "竹海上空"),
    "beach": ("沙滩上空", "海边", "海滩上空"),
    "cherry_garden": ("樱花树上空", "樱花园上空", "盛开的樱花间", "樱花之间"),
    "city": ("城市上空", "高楼之间", "城市街道上空"),
    "desert": ("沙漠上空", "沙丘上空", "大漠上空"),
    "meadow": ("开满鲜花的草地上空", "花田上空", "绿色的草原上空"),
    "moon": ("月球上空", "月球表面", "月球的环形山上空"),
    "mountain_lake": ("山间湖面上空", "高山湖泊上空", "群山环抱的湖面上"),
    "reef": ("珊瑚礁上方",),
    "sea": ("大海上空", "海面上空", "辽阔的大海上"),
    "snow_forest": ("雪林上空", "白雪覆盖的松林上空", "冬天的森林上空"),
    "village": ("村庄上空", "乡间小村上空", "村子上空"),
    "farm": ("农场上空",), "jungle": ("丛林上空", "热带雨林上空"), "volcano": ("火山上空", "冒烟的火山上空"), "harbour": ("港口上空", "码头上空"),
    "castle": ("城堡上空", "城堡塔楼上空"), "waterfall": ("瀑布上空",), "playground": ("游乐场上空",), "arctic": ("北极上空", "冰川上空"),
    "lavender_field": ("薰衣草田上空", "薰衣草花海上空"),
}
SEASONS = {"cherry_garden": "春天的", "autumn_park": "秋天的", "snow_forest": "冬天的"}
SEASON_SIGNS = "春秋冬"
SETTING_TAGS = {
    "autumn_park": ("秋天的公园", "枫树林", "秋日公园"),
    "bamboo_grove": ("竹林", "翠竹"),
    "beach": ("沙滩", "海边", "海滩"),
    "cherry_garden": ("樱花树", "樱花", "樱花园", "春天，樱花树下"),
    "city": ("城市", "城市街道", "高楼"),
    "desert": ("沙漠", "沙丘"),
    "meadow": ("花田", "草地", "鲜花草地"),
    "moon": ("月球", "月球表面"),
    "mountain_lake": ("山间湖泊", "高山湖泊"),
    "reef": ("珊瑚礁", "海底珊瑚"),
    "sea": ("大海", "海面"),
    "snow_forest": ("雪林", "雪中松林", "冬天的森林"),
    "village": ("村庄", "乡间小村"),
    "farm": ("农场", "农家院子"), "jungle": ("丛林", "热带雨林"), "volcano": ("火山", "冒烟的火山"), "harbour": ("港口", "码头"),
    "castle": ("城堡", "古堡"), "waterfall": ("瀑布",), "playground": ("游乐场", "滑梯秋千"), "bedroom": ("卧室", "儿童房"),
    "stage_hall": ("舞台", "剧院舞台"), "arctic": ("北极", "冰川"), "lavender_field": ("薰衣草田", "薰衣草花海"),
}  # fmt: skip
SETTING_NOUNS = {
    "autumn_park": ("枫树林", "秋天的公园"), "bamboo_grove": ("竹林",), "beach": ("海滩",), "cherry_garden": ("樱花园", "樱花林"),
    "city": ("城市",), "desert": ("沙漠", "大漠"), "meadow": ("花田", "草原"), "moon": ("月球",), "mountain_lake": ("山间湖泊",),
    "reef": ("珊瑚礁",), "sea": ("大海",), "snow_forest": ("雪林", "松林"), "village": ("村庄", "小村"),
    "farm": ("农场",), "jungle": ("丛林", "热带雨林"), "volcano": ("火山",), "harbour": ("港口",), "castle": ("城堡", "古堡"), "waterfall": ("瀑布",),
    "playground": ("游乐场",), "bedroom": ("卧室",), "stage_hall": ("舞台",), "arctic": ("北极", "冰川"), "lavender_field": ("薰衣草田",),
}  # fmt: skip

# --- 时间、天气、光线、氛围、镜头 ----------------------------------------------------------------------------------------
IN_SEASON = {"spring": ("春天", "春日", "春季"), "summer": ("夏天", "夏日", "夏季"), "autumn": ("秋天", "秋日", "秋季"), "winter": ("冬天", "冬日", "冬季")}
STYLES = {
    "storybook": ("绘本风格", "像一本图画书", "童书插画风格"), "flat": ("剪纸风格", "扁平剪纸风格", "像一幅剪纸画"),
    "ink": ("水墨风格", "像一幅水墨画", "水墨画风格"), "night_neon": ("霓虹风格", "霓虹夜色风格", "霓虹灯风格"),
}  # fmt: skip
STYLE_TAGS = {"storybook": ("绘本风",), "flat": ("剪纸风", "剪纸画"), "ink": ("水墨画", "水墨风"), "night_neon": ("霓虹风", "霓虹夜色")}
TIMES = {
    "morning": ("清晨", "早晨", "早上"),
    "noon": ("正午", "中午", "晌午"),
    "sunset": ("傍晚", "黄昏", "日落时分", "夕阳西下时"),
    "night": ("夜晚", "夜里", "深夜", "晚上"),
    "dawn": ("黎明", "拂晓", "日出时分", "破晓时"),
    "dusk": ("暮色中", "入夜时分", "天黑前"),
}
TIME_CLAUSES = {
    "morning": ("正是清晨", "时间是早晨", "清晨时分"),
    "noon": ("正是中午", "时间是正午", "正午时分"),
    "sunset": ("夕阳西下", "正是黄昏", "傍晚时分"),
    "night": ("夜幕降临", "正是夜晚", "深夜时分"),
    "dawn": ("天刚破晓", "黎明到来", "太阳刚刚升起"),
    "dusk": ("暮色降临", "天色渐暗"),
}
TIME_TAGS = {
    "morning": ("清晨", "早晨"),
    "noon": ("正午", "中午"),
    "sunset": ("傍晚", "黄昏", "日落", "夕阳"),
    "night": ("夜晚", "深夜", "夜色"),
    "dawn": ("黎明", "拂晓", "日出"),
    "dusk": ("暮色", "入夜"),
}
# “在……的”地方
WEATHERS = {
    "clear": ("晴朗", "晴空下"),
    "breeze": ("微风中", "微风轻拂"),
    "cloudy": ("多云", "阴天", "乌云笼罩"),
    "rain": ("下雨", "细雨中", "雨中"),
    "snow": ("下雪", "飘雪", "雪花飞扬"),
    "fog": ("有雾", "大雾弥漫", "雾气笼罩"),
    "storm": ("暴风雨中", "雷雨中", "雷电交加"),
    "rainbow": ("有彩虹", "彩虹下", "雨后彩虹"),
}
WEATHER_CLAUSES = {
    "clear": ("天气晴朗", "晴空万里", "天空万里无云", "阳光明媚"),
    "breeze": ("微风轻拂", "微风吹过", "清风徐来", "轻风吹拂"),
    "cloudy": ("天空多云", "乌云密布", "阴云满天", "云层很厚"),
    "rain": ("细雨绵绵", "天上下着雨", "雨点落下", "下着小雨"),
    "snow": ("雪花飘落", "天上下着雪", "大雪纷飞", "下着小雪"),
    "fog": ("雾气弥漫", "大雾弥漫", "薄雾笼罩", "雾蒙蒙的"),
    "storm": ("电闪雷鸣", "雷雨交加", "暴风雨来袭"),
    "rainbow": ("天边挂着彩虹", "彩虹横跨天空", "雨后出现彩虹"),
}
WEATHER_TAGS = {
    "clear": ("晴天", "晴朗", "晴空"),
    "breeze": ("微风", "清风"),
    "cloudy": ("多云", "阴天"),
    "rain": ("下雨", "雨天", "小雨"),
    "snow": ("下雪", "雪天", "雪花"),
    "fog": ("大雾", "雾天", "薄雾"),
    "storm": ("雷雨", "暴风雨", "闪电"),
    "rainbow": ("彩虹", "雨后彩虹"),
}
DAYLIGHT = ("晴空", "晴天", "阳光明媚")  # 夜里不说
DARK = ("night", "dusk")
# 风吹到这个主体身上,也就说出了天气。
WEATHER_CLAUSES_OF = {
    ("woman", "breeze"): ("微风吹起{ta}的发丝", "清风拂过{ta}的头发"),
    ("man", "breeze"): ("微风吹动{ta}的头发",),
    ("girl", "breeze"): ("微风吹起{ta}的发丝", "微风吹动{ta}的长发", "清风拂过{ta}的头发", "微风轻拂{ta}的发丝"),
    ("boy", "breeze"): ("微风吹动{ta}的头发", "清风拂过{ta}的头发"),
    ("sailboat", "breeze"): ("微风吹起{part}", "微风吹动{ta}的{part}"),
}
LIGHT_CLAUSES = {
    "natural": ("自然光", "光线自然", "光线自然柔和"),
    "sunbeams": ("阳光洒落", "阳光洒下", "一束束阳光洒下", "道道阳光照下来"),
    "golden": ("金色的光洒满画面", "沐浴在金色的光里", "到处洒满金光", "光线金黄温暖"),
}
LIGHT_TAGS = {
    "natural": ("自然光", "柔和自然光"),
    "sunbeams": ("阳光洒落", "光束", "道道阳光"),
    "golden": ("金色光线", "金光", "金色暖光"),
}
LEAFY = ("autumn_park", "bamboo_grove", "cherry_garden", "snow_forest")
LEAFY_CLAUSES = ("阳光透过枝叶洒下", "阳光穿过树枝洒落", "阳光从枝叶间洒下来")
MOODS = {
    "calm": ("宁静", "平静", "安静", "安宁"),
    "joyful": ("欢快", "快乐", "喜悦", "欢乐"),
    "dreamy": ("梦幻", "如梦似幻", "童话般"),
    "gloomy": ("忧郁", "阴郁", "忧伤", "沉闷"),
    "mysterious": ("神秘", "诡秘", "幽深"),
    "festive": ("喜庆", "热闹", "节日般"),
    "tender": ("温情", "温馨", "柔情"),
    "tense": ("紧张", "惊险", "不安"),
}
MOOD_ADVERBS = {
    "calm": ("安静地", "平静地", "宁静地"),
    "joyful": ("欢快地", "开心地", "快乐地"),
    "dreamy": ("梦幻般地", "如梦似幻地"),
    "gloomy": ("忧郁地", "忧伤地"),
    "mysterious": ("神秘地",),
    "festive": ("热闹地", "喜庆地"),
    "tender": ("温柔地", "温情地"),
    "tense": ("紧张地", "不安地"),
}
MOOD_CLAUSES = ("氛围{mood_word}", "气氛{mood_word}", "一切都那么{mood_word}", "画面{mood_word}")
MOOD_TAGS = ("{mood_word}", "{mood_word}氛围", "氛围{mood_word}")
MOOD_FORMS = {"clause": MOOD_CLAUSES, "tag": MOOD_TAGS}
CAMERA_CLAUSES = {
    "still": ("镜头固定", "镜头静止不动", "固定镜头"),
    "pan_left": ("镜头向左平移", "镜头缓缓左移", "镜头向左摇"),
    "pan_right": ("镜头向右平移", "镜头缓缓右移", "镜头向右摇"),
    "push_in": ("镜头推近", "镜头缓缓推近", "镜头慢慢拉近", "镜头向前推进"),
    "pull_out": ("镜头拉远", "镜头缓缓拉远", "镜头慢慢后退"),
    "tilt_up": ("镜头上摇", "镜头缓缓上摇", "镜头向上抬起"),
    "tilt_down": ("镜头下摇", "镜头缓缓下摇", "镜头向下俯"),
    "orbit": ("镜头环绕", "镜头缓缓环绕拍摄", "镜头绕着主体转"),
}
CAMERA_TAGS = {
    "still": ("固定镜头", "静止镜头", "镜头固定"),
    "pan_left": ("镜头左移", "向左平移", "左摇"),
    "pan_right": ("镜头右移", "向右平移", "右摇"),
    "push_in": ("镜头推近", "推镜头", "推近"),
    "pull_out": ("镜头拉远", "拉镜头", "拉远"),
    "tilt_up": ("镜头上摇", "向上摇", "镜头上移"),
    "tilt_down": ("镜头下摇", "向下摇", "镜头下移"),
    "orbit": ("环绕镜头", "环绕拍摄", "镜头环绕"),
}

# --- 词汇:切分句子用。字幕里的整句由各表自动收入,这里只列单词 --------------------------------------------------------------
WORDS = """
    女孩 男孩 女孩子 男孩子 孩子 女生 男生 小孩 小女孩 小男孩 姑娘 少女 少年 小伙子 小伙 猫 小猫 猫咪 狗 小狗 狗狗 马 小马 马儿 兔子 小兔 小兔子 野兔 兔
    鸟 小鸟 鸟儿 飞鸟 鱼 小鱼 鱼儿 蝴蝶 机器人 汽车 小汽车 轿车 车 小车 公交车 公共汽车 巴士 大巴 帆船 小帆船 船 小船 帆 船帆 热气球 气球 火箭
    连衣裙 裙子 长裙 裙 衣服 上衣 衬衫 衣 发丝 头发 长发 翅膀 身上 身体
    跳舞 舞 舞蹈 起舞 飞舞 跳 跳跃 蹦 蹦跳 跑 跑步 奔跑 飞奔 走 走路 行走 散步 漫步 走动 挥手 招手 旋转 转 转圈 鞠躬 行礼 弯腰 坐 坐下 睡 睡觉 睡着 打盹 熟睡
    飞 飞翔 飞行 飞过 滑翔 翱翔 悬停 滑行 游 游泳 游动 行驶 开 开车 奔驰 驶过 开过 停 停靠 停下 等 等候 等待 航行 扬帆 前行 摇 摇晃 摇摆 起伏 飘 飘动 飘荡 飘浮 漂 漂浮
    升 升起 升空 上升 起飞 发射 点火 降落 着陆 落下 吃 吃草 啃 草 低头 抬头
    公园 秋天 秋日 秋 枫树 枫树林 枫叶 落叶 竹子 竹林 翠竹 竹海 竹 沙滩 海滩 海边 岸边 樱花 樱花树 樱树 樱花园 樱花林 花园 园 花 花朵 花瓣 鲜花 开花 盛开 春天 春日 春 树 树木 树下 大树 枝叶 树枝
    城市 城里 街道 街头 街上 大街 高楼 大楼 楼 沙漠 沙丘 大漠 沙 花田 草地 草原 草坪 田野 月球 月亮 月 环形山 山 高山 群山 山间 山里 湖 湖泊 湖面 湖水 湖边 珊瑚 珊瑚礁 海底 水下 水里 水
    大海 海 海面 海上 海洋 海浪 浪 波 雪林 雪地 森林 树林 林间 林 松林 松树 冬天 冬日 冬 村庄 村子 小村 乡村 乡间 村 小路 路 路上 天空 天 天上 空中 上空 蓝天 星空 夜空 地 地上 地面
    清晨 早晨 早上 早 日出 黎明 正午 中午 晌午 白天 傍晚 黄昏 日落 夕阳 晚上 晚 夜晚 夜 夜里 深夜 夜色 夜幕 时分 时间 时候
    晴朗 晴天 晴 晴空 天气 微风 清风 轻风 风 风中 吹 吹过 吹起 吹动 吹拂 轻拂 拂过 多云 阴天 乌云 阴云 云 云朵 云层 白云 雨 下雨 下着雨 小雨 细雨 雨天 雨中 雨点 大雨 雪 下雪 下着雪 小雪 大雪 雪花 雪天 飘雪 雾 大雾 薄雾 雾气 雾天
    阳光 光 光线 光束 阳光下 洒 洒落 洒下 洒满 透过 穿过 照 照下 照亮 太阳 自然光 自然 柔和 金色 金光 金黄 温暖 暖
    宁静 平静 安静 安宁 静静 欢快 快乐 喜悦 欢乐 开心 高兴 梦幻 如梦似幻 童话 忧郁 阴郁 忧伤 沉闷 悲伤 氛围 气氛 心情
    雷雨 暴风雨 闪电 雷电 彩虹 雨后 暮色 入夜 拂晓 破晓 神秘 幽深 喜庆 热闹 节日 温情 温馨 柔情 温柔 紧张 惊险 不安 下摇 下移 环绕
    镜头 固定 静止 平移 左移 右移 推近 推进 拉近 拉远 后退 上摇 上移 左摇 右摇 抬起 推 拉 移动 慢慢 缓缓 轻轻 快速 优雅 欢快地
    红 橙 黄 绿 青 蓝 紫 粉 白 黑 灰 棕 大红 鲜红 火红 深红 橘 橘红 翠绿 天蓝 雪白 纯白 乌黑 漆黑 粉红 淡紫 浅 深 亮 色 颜色 彩色
    美丽 漂亮 可爱 大 小 小小 高 高高 年轻 远 远处 近 近处 穿 穿着 身穿 身着 挂着 戴着 有 没有
"""
# 虚词、量词和“请生成一段视频”之类的话:不算画面里的词。
FUNCTION = """
    的 了 着 过 地 得 在 正 正在 是 为 和 与 及 跟 同 并 而 也 就 都 又 还 很 太 更 最 不 没 们 这 那 这里 那里 我 你 他 她 它 我们 你们 他们 她们 它们
    一 二 两 三 四 五 六 七 八 九 十 几 多 些 一些 位 个 只 条 匹 辆 艘 枚 台 名 架 头 朵 片 张 段 束 道 座 幅 部 群 对 双 阵 缕 种
    里 上 下 中 内 外 前 后 左 右 间 之间 旁 旁边 边 边上 面 上面 下面 里面 前面 后面 中间 周围 四周 上方 下方 处 时 向 往 从 到 朝 被 把 让 给 对 以 用 由 将 于 之 其 其中 来 去 起 起来 出来 进 进来 着的
    请 想 想看 想要 我想 帮 帮我 生成 制作 做 画 拍 拍摄 展示 想象 一下 视频 短片 影片 电影 动画 片段 画面 场景 主体 动作 地点 氛围 镜头 风格 秒 秒钟 高清 呢 吧 啊 吗 呀 一切 都那么 那么 非常 十分 自在 不停 一起
"""
# 意思最近的主体,字面上看不出来的。
NEAREST = """
    龙=恐龙 狮子=猫 老虎=猫 虎=猫 豹子=猫 狼=狗 熊=狗 熊猫=企鹅 老鼠=兔子 松鼠=兔子 鹿=马 牛=马 羊=马 驴=马 骆驼=马 斑马=马 独角兽=马 长颈鹿=大象 河马=大象 犀牛=大象
    猴子=男孩 猪=狗 卡车=公交车 货车=公交车 电车=火车 地铁=火车 高铁=火车 出租车=汽车 自行车=汽车 摩托车=汽车 坦克=汽车 轮船=帆船 船=帆船 游艇=帆船 潜艇=鲸鱼 鲨鱼=鲸鱼 海豚=鲸鱼
    直升机=飞机 飞船=火箭 宇宙飞船=火箭 飞碟=火箭 卫星=火箭 飞艇=热气球 风筝=热气球 老鹰=鸟 鹰=鸟 猫头鹰=鸟 鹦鹉=鸟 乌鸦=鸟 麻雀=鸟 天鹅=鸭子 鹅=鸭子 鸡=鸭子 蜜蜂=蝴蝶 蜻蜓=蝴蝶
    青蛙=乌龟 蜗牛=乌龟 螃蟹=乌龟 鳄鱼=恐龙 怪兽=恐龙 章鱼=鱼 宇航员=机器人 外星人=机器人 公主=女孩 王子=男孩 国王=男人 女王=女人 妈妈=女人 爸爸=男人 老师=女人 海盗=男人 骑士=男人 婴儿=男孩
    厨房=卧室 房间=卧室 客厅=卧室 宫殿=城堡 火星=月球 河=瀑布 冰山=北极 剧场=舞台
"""
COMPOUND_HEADS = "车浪风雨雪船树花鸟鱼马猫狗兔山湖草天人机"  # 生词后面跟着这些字,连成一个词:自行车、熊猫
COMPOUND_STARTS = "大飞沙海山花草树雪雨云风水马鱼鸟车船月"  # 这些字后面跟着一个生字,连成一个词:大象、飞机、海豚
SPOKEN = (
    STYLED, NOUNS, PARTS, SETTINGS, CLOTHES, RELATIONS_CLAUSE, RELATIONS_SAYS, RELATION_TAGS, IN_SEASON, STYLES, STYLE_TAGS,
    FRAMES, LEADS, MEASURES, PLAIN, COLOURED, COLOURED_TAGS, COLOUR_SAYS, WEARING, WEARING_TAGS, WEARING_SAYS, WITH_PART,
    PART_TAGS, PART_SAYS, SHORT_PARTS, SHORT_NOUNS, COLOURS, SHORT_COLOURS, ACTIONS, ACTIONS_OF, OVER, SEASONS, SETTING_TAGS,
    SETTING_NOUNS, TIMES, TIME_CLAUSES, TIME_TAGS, WEATHERS, WEATHER_CLAUSES, WEATHER_TAGS, WEATHER_CLAUSES_OF,
    LIGHT_CLAUSES, LIGHT_TAGS, LEAFY_CLAUSES, MOODS, MOOD_ADVERBS, MOOD_CLAUSES, MOOD_TAGS, CAMERA_CLAUSES, CAMERA_TAGS,
)  # fmt: skip


def phrases(telling: Telling, slot: str) -> tuple[str, ...]:
    """The templates that may fill `slot` for this scene."""
    name, form = split_slot(slot)
    subject = telling.who(slot)
    if is_second(slot):
        return of_second(_of_subject(telling, subject, name, form, coloured="colour2" in telling.wanted))
    return _of_subject(telling, subject, name, form, coloured="colour" in telling.wanted) or _of_scene(
        telling, name, form
    )


def _of_subject(telling: Telling, subject, name: str, form: str, *, coloured: bool) -> tuple[str, ...]:
    match name:
        case "kind":
            clothed = "clothes" in telling.wanted and subject is telling.subject
            return _kind(subject.kind, form, coloured, clothed)
        case "colour":
            return _colour(subject.kind, subject.colour, form)
        case "action":
            return _action(subject.kind, subject.action, form)
    return _word(subject.kind, f"{name}_{form}" if form else name)


def _of_scene(telling: Telling, name: str, form: str) -> tuple[str, ...]:
    scene, subject = telling.scene, telling.subject
    match name:
        case "setting":
            return _place(
                scene.setting, form, subject.kind in ALOFT, scene.season == "usual", "season" in telling.wanted
            )
        case "time":
            return {"": TIMES, "clause": TIME_CLAUSES, "tag": TIME_TAGS}[form][scene.time]
        case "weather":
            return _weather(subject.kind, scene.weather, form, scene.time in DARK)
        case "light":
            leafy = form == "clause" and scene.light == "sunbeams" and scene.setting in LEAFY
            return (LEAFY_CLAUSES if leafy else ()) + {"clause": LIGHT_CLAUSES, "tag": LIGHT_TAGS}[form][scene.light]
        case "mood":
            return {"word": MOODS[scene.mood], "adverb": MOOD_ADVERBS[scene.mood]}.get(form) or MOOD_FORMS[form]
        case "camera":
            return {"clause": CAMERA_CLAUSES, "tag": CAMERA_TAGS}[form][scene.camera.move]
        case "season":
            return IN_SEASON[scene.season]
        case "style":
            return {"": STYLES, "tag": STYLE_TAGS}[form][scene.style]
        case "clothes":
            return CLOTHES[subject.clothes]
        case "relation":
            forms = {"clause": RELATIONS_CLAUSE, "says": RELATIONS_SAYS, "tag": RELATION_TAGS}
            return forms[form][scene.relation]
    assert name == "lead", name
    return LEADS


@cache
def _weather(kind: str, weather: str, form: str, dark: bool) -> tuple[str, ...]:
    own = WEATHER_CLAUSES_OF.get((kind, weather), ()) if form == "clause" else ()
    said = own + {"": WEATHERS, "clause": WEATHER_CLAUSES, "tag": WEATHER_TAGS}[form][weather]
    return tuple(p for p in said if not dark or not any(word in p for word in DAYLIGHT))


@cache
def _word(kind: str, slot: str) -> tuple[str, ...]:
    """Slots without a field that a subject fills; () for any other."""
    nouns, parts = NOUNS[kind], PARTS.get(kind, ("",))
    words = {
        "noun": nouns, "noun_short": (SHORT_NOUNS.get(kind, nouns[0]),), "part": parts,
        "part_short": (SHORT_PARTS.get(kind, parts[0]),), "one": MEASURES[kind], "ta": (PRONOUNS.get(kind, "它"),),
    }  # fmt: skip
    return words.get(slot, ())


@cache
def _kind(kind: str, form: str, coloured: bool, clothed: bool) -> tuple[str, ...]:
    if clothed:
        return tuple(_clothed(p, form) for p in _kind(kind, form, coloured, False))
    worn, has_part = kind in PERSONS, kind in PARTS
    if form == "plain" or not coloured:
        return PLAIN if form in ("", "plain") else ("{noun}",)
    if form == "bare":
        carried = "穿{colour}{part}的{noun}" if worn else "{colour}{part}的{noun}" if has_part else "{colour}的{noun}"
        return (carried,)
    if form == "tag":
        return WEARING_TAGS if worn else PART_TAGS if has_part else COLOURED_TAGS
    return WEARING if worn else WITH_PART if has_part else COLOURED


def _clothed(phrase: str, form: str) -> str:
    """一只戴着帽子的红色的猫; with 穿 inside, what is worn comes first: 一位戴着帽子、穿红色连衣裙的女孩."""
    link = "、" if re.match("({one})?(身?穿|身着)", phrase) else "的"
    return phrase.replace("{one}", "{one}{clothes}" + link) if "{one}" in phrase else "{clothes}" + link + phrase


def _colour(kind: str, colour: str, form: str) -> tuple[str, ...]:
    if form == "says":
        return WEARING_SAYS if kind in PERSONS else PART_SAYS if kind in PARTS else COLOUR_SAYS
    return (SHORT_COLOURS if form == "short" else COLOURS).get(colour, (colour,))


@cache
def _action(kind: str, action: str, form: str) -> tuple[str, ...]:
    verbs = ACTIONS_OF.get((kind, action)) or ACTIONS[action]
    return verbs if form != "now" else tuple(v if "着" in v or v in LASTING else f"(正在|在|){v}" for v in verbs)


@cache
def _place(setting: str, form: str, aloft: bool, usual: bool, in_season: bool) -> tuple[str, ...]:
    """Where. A place of one season names it now and then; a season asked for stands before the place."""
    if form:
        where = {"tag": SETTING_TAGS, "noun": SETTING_NOUNS}[form][setting]
    else:
        where = OVER.get(setting, SETTINGS[setting]) if aloft else SETTINGS[setting]
    if in_season:
        return tuple("{season}的" + p for p in where)
    season = SEASONS.get(setting) if usual and not form else None
    return where if season is None else where + tuple(season + p for p in where if not set(p) & set(SEASON_SIGNS))


# --- 书写 ------------------------------------------------------------------------------------------------------------
def typed(text: str, dice: random.Random) -> str:
    """Write as people type: full or half width commas, with or without the final stop, sometimes with spaces instead."""
    text = re.sub(r"。+", "。", text.strip()).removesuffix("。")
    style = dice.random()
    if style < 0.3:
        text = text.replace("，", ",").replace("：", ":").replace("；", ";")
    elif style < 0.36:
        text = text.replace("，", ", ")
    elif style < 0.42:
        text = re.sub("[，。]", " ", text)
    ending = dice.random()
    return text + ("。" if ending < 0.45 else "." if ending < 0.5 else "！" if ending < 0.53 else "")
