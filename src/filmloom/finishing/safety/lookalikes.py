"""What a letter may be dressed up as: tables of look-alikes, as data. Left the disguise, right the letter."""

from __future__ import annotations

# After UTS 39's confusables, kept to those that read as the letter at a glance (our own selection).
_LATIN = {
    "a": "аαɑᴀ", "b": "вьßʙβƅ", "c": "сϲᴄ¢", "d": "ԁᴅđɖ", "e": "еєεᴇ℮ɛэ", "f": "ғƒꜰ", "g": "ɡɢԍ", "h": "нһʜ",
    "i": "іιıɪɩӏł",
    "j": "јʝᴊ", "k": "кκᴋĸ", "l": "ⅼʟ", "m": "мᴍʍ", "n": "нпηɴո", "o": "оοσᴏøօ", "p": "рρᴘ", "q": "ԛʠ", "r": "гʀᴦя",
    "s": "ѕꜱʂ", "t": "тτᴛŧ", "u": "υսᴜцμ", "v": "νѵᴠ", "w": "ѡωԝᴡшщ", "x": "хχ×", "y": "уүγʏ", "z": "ᴢʐ",
}  # fmt: skip
LATIN: dict[str, str] = {}
for _letter, _disguises in _LATIN.items():
    for _disguise in _disguises:
        LATIN.setdefault(_disguise, _letter)  # the first letter wins: н is h before it is n

CYRILLIC = dict(zip("aeopcyxkmtbhnrugiz3604", "аеорсухкмтвнпгигиззбоч"))
LEET = dict(zip("0134578@$!|+€£9", "oieastbasiltelg"))

# Letters drawn in squares, circles and flags that compatibility normalisation leaves as they are.
_BLOCKS = (0x1F150, 0x1F170, 0x1F1E6)
ENCLOSED = {chr(first + i): chr(ord("a") + i) for first in _BLOCKS for i in range(26)}

ARABIC = dict(zip("ةىکیھے", "هيكيهي"))
DEVANAGARI = {"ँ": "ं"}
TRADITIONAL = dict(zip(
    "殺裸屍體強姦戀褻濫兒稚蘿麗槍彈製煉藥爆資視頻內臟斷頭顱虐腸殘獄處決謀滅絕種納賣買國黃鴉氣會黨鋸腦噴濺場戰勵號網圖閹貨極徒該這們個學嬰誘屠宰剝斃無體罵賤蟲類歲書畫動爾腕選與應槓裝線導長發義親歡寫樂優異寶為從將讓單燒廠門間過給說講語詞報紙連續繼級組織約紅綠藍銀銅鐵針鉤鎮錄鏡鐘蠻驅聖榮東師習聽員啟揚劑",
    "杀裸尸体强奸恋亵滥儿稚萝丽枪弹制炼药爆资视频内脏断头颅虐肠残狱处决谋灭绝种纳卖买国黄鸦气会党锯脑喷溅场战励号网图阉货极徒该这们个学婴诱屠宰剥毙无体骂贱虫类岁书画动尔腕选与应杠装线导长发义亲欢写乐优异宝为从将让单烧厂门间过给说讲语词报纸连续继级组织约红绿蓝银铜铁针钩镇录镜钟蛮驱圣荣东师习听员启扬剂",
))  # fmt: skip
