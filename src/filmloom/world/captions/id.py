"""Indonesian. A speaker can correct every line; `phrasebook.py` explains the format and `grammar.py` the brackets."""

# ruff: noqa: E501  (a sentence frame reads best on one line)

LANGUAGE = "id"
SALT = 4
FULL_STOP = "."

AFTER = "<[, {weather_clause}]><[, {light}]><[, {mood}]><[, {camera}]>"
TAGS = "<[, {time_tag}]><[, {weather_tag}]><[, {light_tag}]><[, {mood_tag}]><[, {camera_tag}]>"
FRAMES = {
    "does": "{lead}{kind} {action} {setting}[ {time}]" + AFTER,
    "doing": "{kind} sedang {action} {setting}[ {time}]" + AFTER,
    "does-weather": "{kind} {action} {setting}[ {time}] {weather}[, {light}][, {camera}]",
    "place-first": "{setting}[ {time}], {kind} {action}" + AFTER,
    "time-first": "{time}, {kind} {action} {setting}" + AFTER,
    "weather-first": "{weather}, {kind} {action} {setting}[ {time}][, {light}][, {camera}]",
    "there-is": "ada {kind} yang {action} {setting}[ {time}]" + AFTER,
    "we-see": "(kita melihat|terlihat) {kind} yang sedang {action} {setting}[ {time}][ {weather}][, {mood}][, {camera}]",
    "camera-while": "{camera} sementara {kind} {action} {setting}[ {time}][ {weather}][, {light}]",
    "adverb": "{kind} {action} {mood_adverb} {setting}[ {time}][, {weather_clause}][, {light}][, {camera}]",
    "mood-first": "{mood}, {kind} {action} {setting}[ {time}][, {weather_clause}][, {camera}]",
    "colour-after": "{kind_plain} {action} {setting}[ {time}]; {colour_says}[, {weather_clause}][, {camera}]",
    "imagine": "bayangkan {kind} yang {action} {setting}[ {time}]. [{weather_clause}. ][{light}. ][{camera}.]",
    "only": "{setting}[ {time}], hanya ada {kind} yang {action}" + AFTER,
    "tale": "alkisah, {kind} {action} {setting}[ {time}]" + AFTER,
    "subject-only": "{lead}{kind} {action}[ {time}][, {camera}]",
    "tags": "{kind_tag}, {setting_tag}, {action_tag}" + TAGS,
    "tags-action": "{kind_tag} {action_tag}, {setting_tag}" + TAGS,
    "tags-place": "{setting_tag}[, {time_tag}], {kind_tag}, {action_tag}[, {weather_tag}][, {camera_tag}]",
    "form": "subjek: {kind_tag}; aksi: {action_tag}; tempat: {setting_tag}[; waktu: {time_tag}][; cuaca: {weather_tag}][; cahaya: {light_tag}][; kamera: {camera_tag}]",
    "pair-and": "{kind} {action} dan {kind2} {action2} {setting}[ {time}]" + AFTER,
    "pair-both": "{lead}{kind} dan {kind2} {setting}[ {time}]" + AFTER,
    "pair-while": "{kind} {action} {setting}[ {time}] sementara {kind2} {action2}" + AFTER,
    "pair-with": "{kind} {action} {setting}[ {time}], {relation_with}" + AFTER,
    "pair-place": "{setting}[ {time}], {kind} {action} {relation_with}" + AFTER,
    "pair-clause": "{kind} {action} {setting}[ {time}] dan {relation_clause}" + AFTER,
    "pair-says": "{relation_says} {setting}[ {time}]" + AFTER,
    "pair-says-place": "{setting}[ {time}], {relation_says}" + AFTER,
    "pair-semicolon": "{setting}[ {time}], {kind} {action}; {kind2} {action2}" + AFTER,
    "pair-time-and": "{time}, {kind} {action} dan {kind2} {action2} {setting}[, {weather_clause}][, {camera}]",
    "pair-says-time": "{time}, {relation_says} {setting}[, {weather_clause}][, {camera}]",
    "pair-tags": "{relation_tag}, {setting_tag}" + TAGS,
}
RARE = {"subject-only": 0.4, "tale": 0.5, "only": 0.5}
STYLED = ("{}, {style}", "{style}, {}", "{style_tag}: {}", "{}, {style_tag}")
LEADS = ("",) * 8 + ("video: ", "(tolong |)buat video: ", "film pendek tentang ", "tunjukkan ", "sebuah adegan: ", "animasi: ")

LITTLE = {}
SUBJECT = {
    "plain": ("{noun}",),
    "plain_tag": ("{noun}",),
    "coloured": ("{noun} {colour}", "{noun} berwarna {colour}"),
    "coloured_tag": ("{noun} {colour}",),
    "worn": ("{noun} dengan {part} {colour}", "{noun} berbaju {part} {colour}", "{noun} yang memakai {part} {colour}"),
    "worn_tag": ("{noun}, {part} {colour}", "{noun} dengan {part} {colour}"),
    "says": ("warnanya {colour}", "berwarna {colour}"),
    "worn_says": ("bajunya {colour}", "memakai {part} {colour}"),
}
CLOTHED, CLOTHED_TAG = "{} {clothes}", "{}, {clothes_tag}"
SEASONED, SEASONED_TAG = "{} {season}", "{}, {season_tag}"

NOUNS = {
    "airplane": "pesawat, pesawat terbang", "balloon": "balon udara, balon udara panas", "bird": "burung, burung kecil", "boy": "anak laki-laki, bocah lelaki", "bus": "bus, bus kota", "butterfly": "kupu-kupu", "car": "mobil, mobil kecil", "cat": "kucing, anak kucing",
    "dinosaur": "dinosaurus, anak dinosaurus", "dog": "anjing, anak anjing", "duck": "bebek, anak bebek", "elephant": "gajah, anak gajah", "fish": "ikan, ikan kecil", "fox": "rubah, anak rubah", "girl": "anak perempuan, gadis, gadis kecil", "horse": "kuda, kuda poni",
    "man": "pria, laki-laki dewasa", "penguin": "penguin, anak penguin", "rabbit": "kelinci, anak kelinci", "robot": "robot, android", "rocket": "roket, roket luar angkasa", "sailboat": "perahu layar, kapal layar", "train": "kereta, kereta api", "turtle": "kura-kura, kura-kura darat",
    "whale": "paus, ikan paus", "woman": "wanita, perempuan dewasa",
}
PARTS = {"girl": "gaun, rok terusan", "woman": "gaun, rok terusan", "boy": "kemeja, kaus", "man": "kemeja, kaus"}
COLOURS = {
    "red": "merah, merah cerah, merah tua", "orange": "oranye, jingga", "yellow": "kuning, kuning cerah", "green": "hijau, hijau zamrud", "teal": "hijau toska, biru kehijauan", "blue": "biru, biru langit, biru cerah", "purple": "ungu, ungu muda", "pink": "merah muda, merah jambu",
    "white": "putih, putih salju", "black": "hitam, hitam pekat", "grey": "abu-abu, kelabu", "brown": "cokelat, cokelat tua",
}
ACTIONS = {
    "bow": "membungkuk, membungkukkan badan", "cheer": "bersorak, bersorak gembira", "clap": "bertepuk tangan, menepukkan tangan", "crawl": "merangkak, merayap", "dance": "menari, berdansa, menari dengan anggun", "dive": "menyelam, menyelam ke bawah", "drift": "melayang terbawa angin, hanyut perlahan", "drive": "melaju, melaju di jalan", "eat": "makan, menyantap makanan",
    "flap": "mengepakkan sayap, mengibaskan sayap", "float": "mengapung, terapung tenang", "flutter": "beterbangan kian kemari, mengepak-ngepak ringan", "fly": "terbang, terbang melintas", "glide": "meluncur di udara, melayang mulus", "graze": "merumput, makan rumput", "hop": "melompat-lompat kecil, berjingkrak", "hover": "melayang di tempat, melayang diam", "jump": "melompat, meloncat tinggi",
    "land": "mendarat, turun mendarat", "launch": "lepas landas, meluncur ke angkasa", "look": "melihat sekeliling, menengok ke kanan kiri", "nod": "mengangguk, menganggukkan kepala", "read": "membaca, membaca buku", "rise": "naik, membubung naik", "roar": "mengaum, mengaum keras", "rock": "bergoyang, berayun-ayun", "roll": "berguling, berguling-guling di tanah",
    "run": "berlari, berlari kencang", "sail": "berlayar, berlayar dengan tenang", "sing": "bernyanyi, menyanyikan lagu", "sit": "duduk, duduk tenang", "sleep": "tidur, tidur nyenyak, tidur siang", "slide": "meluncur, tergelincir", "spin": "berputar, berputar-putar", "stretch": "menggeliat, meregangkan badan", "swim": "berenang, berenang kian kemari",
    "trot": "berlari kecil, berderap pelan", "wait": "menunggu, berhenti diam", "walk": "berjalan, berjalan-jalan", "wave": "melambai, melambaikan tangan",
}
ACTIONS_OF = {"elephant wave": "melambaikan belalai, mengayunkan belalai", "penguin slide": "meluncur dengan perut, meluncur"}
OVER = "di atas {place}"
SETTINGS = {
    "autumn_park": "di taman musim gugur, di bawah pohon maple keemasan; taman musim gugur, pohon maple; taman musim gugur", "bamboo_grove": "di hutan bambu, di antara bambu tinggi; hutan bambu; hutan bambu", "beach": "di pantai, di tepi pasir laut; pantai; pantai", "cherry_garden": "di bawah pohon sakura, di taman sakura; pohon sakura, taman sakura; taman sakura", "city": "di kota, di jalan kota, di antara gedung tinggi; kota, gedung tinggi; kota",
    "desert": "di gurun, di antara bukit pasir; gurun, bukit pasir; gurun", "meadow": "di padang bunga, di padang rumput berbunga; padang bunga; padang bunga", "moon": "di bulan, di permukaan bulan; bulan, permukaan bulan; permukaan bulan", "mountain_lake": "di danau pegunungan, di danau di antara gunung; danau pegunungan; danau pegunungan", "reef": "di terumbu karang, di antara karang bawah laut; terumbu karang",
    "sea": "di laut, di laut lepas, di samudra; laut, samudra; laut", "snow_forest": "di hutan bersalju, di antara pinus bersalju; hutan bersalju; hutan bersalju", "village": "di desa, di desa kecil, di jalan desa; desa; desa", "farm": "di peternakan, di halaman peternakan; peternakan; peternakan", "jungle": "di hutan rimba, di hutan hujan tropis; hutan rimba; hutan rimba", "volcano": "di dekat gunung berapi, di kaki gunung berapi; gunung berapi; gunung berapi",
    "harbour": "di pelabuhan, di dermaga; pelabuhan, dermaga; pelabuhan", "castle": "di depan kastel, di halaman kastel tua; kastel, kastel tua; kastel", "waterfall": "di dekat air terjun, di bawah air terjun; air terjun; air terjun", "playground": "di taman bermain, di antara ayunan dan perosotan; taman bermain; taman bermain", "bedroom": "di kamar tidur, di kamar anak; kamar tidur, kamar anak", "stage_hall": "di panggung, di panggung teater; panggung, teater",
    "arctic": "di kutub utara, di atas es kutub, di antara gunung es; kutub utara, gunung es; kutub utara", "lavender_field": "di ladang lavender, di antara barisan lavender; ladang lavender; ladang lavender",
}
TIMES = {"dawn": "saat fajar, ketika matahari terbit; fajar, matahari terbit", "morning": "di pagi hari, pada pagi hari; pagi hari", "noon": "di siang hari, tepat tengah hari; siang hari, tengah hari", "sunset": "saat matahari terbenam, di sore hari; matahari terbenam, sore hari", "dusk": "saat senja, ketika hari mulai gelap; senja", "night": "di malam hari, larut malam; malam hari"}
WEATHERS = {
    "clear": "di bawah langit cerah, dalam cuaca cerah; langit cerah, tidak ada awan; langit cerah, cuaca cerah", "breeze": "dalam angin sepoi-sepoi, ditiup angin lembut; angin sepoi-sepoi bertiup, angin lembut berembus; angin sepoi-sepoi", "cloudy": "di bawah langit mendung, di bawah awan tebal; langit mendung, awan menutupi langit; mendung, berawan", "rain": "di tengah hujan, dalam hujan; hujan turun, gerimis jatuh; hujan, gerimis", "snow": "di tengah salju turun, dalam hujan salju; salju turun, kepingan salju berjatuhan; salju turun, hujan salju",
    "fog": "di tengah kabut, dalam kabut tebal; kabut menyelimuti semuanya, ada kabut; kabut", "storm": "di tengah badai, dalam badai petir; badai mengamuk, petir menyambar; badai, petir", "rainbow": "di bawah pelangi, dengan pelangi di langit; pelangi muncul di langit, pelangi bersinar; pelangi",
}
LIGHTS = {"natural": "dalam cahaya alami, cahayanya lembut dan alami; cahaya alami", "sunbeams": "sinar matahari memancar turun, dengan berkas sinar matahari; sinar matahari", "golden": "bermandikan cahaya keemasan, cahayanya keemasan dan hangat; cahaya keemasan"}
MOODS = {
    "calm": "tenang, damai; dengan tenang, dengan damai", "joyful": "gembira, ceria; dengan gembira, dengan ceria", "dreamy": "seperti mimpi, penuh khayal; bagaikan dalam mimpi", "gloomy": "muram, sedih; dengan muram, dengan sedih", "mysterious": "misterius, penuh rahasia; dengan misterius", "festive": "meriah, seperti pesta; dengan meriah", "tender": "penuh kasih, mesra; dengan penuh kasih", "tense": "tegang, menegangkan; dengan tegang",
}
MOOD = {"": ("dalam suasana {mood_word}", "suasananya {mood_word}"), "tag": ("suasana {mood_word}", "nuansa {mood_word}")}
CAMERAS = {
    "still": "kamera diam, kamera tidak bergerak; kamera statis", "pan_left": "kamera bergeser ke kiri, kamera perlahan menoleh ke kiri; geser ke kiri", "pan_right": "kamera bergeser ke kanan, kamera perlahan menoleh ke kanan; geser ke kanan", "push_in": "kamera mendekat, kamera maju perlahan; kamera mendekat, perbesar", "pull_out": "kamera menjauh, kamera mundur perlahan; kamera menjauh, perkecil",
    "tilt_up": "kamera mendongak ke atas, kamera miring ke atas; miring ke atas", "tilt_down": "kamera menunduk ke bawah, kamera miring ke bawah; miring ke bawah", "orbit": "kamera mengelilingi subjek, kamera berputar mengitari; kamera mengorbit",
}
SEASONS = {"spring": "di musim semi; musim semi", "summer": "di musim panas; musim panas", "autumn": "di musim gugur; musim gugur", "winter": "di musim dingin; musim dingin"}
STYLES = {"storybook": "dengan gaya buku cerita, seperti buku bergambar; gaya buku cerita", "flat": "dengan gaya potongan kertas datar, seperti guntingan kertas; gaya potongan kertas", "ink": "seperti lukisan tinta, dengan gaya lukisan tinta; lukisan tinta", "night_neon": "dengan gaya neon menyala, dalam warna-warna neon; gaya neon"}
CLOTHES = {"hat": "yang memakai topi, bertopi; bertopi", "scarf": "yang memakai syal, bersyal; bersyal", "coat": "yang memakai mantel, bermantel; bermantel"}
RELATIONS = {
    "beside": "di samping {kind2}, di sebelah {kind2}; di sampingnya ada {kind2}, {kind2} {action2} di sebelahnya; {kind} ada di samping {kind2}, {kind} {action} di sebelah {kind2}; {kind_tag} di samping {kind2_tag}",
    "behind": "dengan {kind2} di belakangnya, membelakangi {kind2}; di belakangnya ada {kind2}, {kind2} {action2} di belakangnya; {kind2} ada di belakang {kind}, {kind2} {action2} di belakang {kind}; {kind2_tag} di belakang {kind_tag}",
    "in_front": "dengan {kind2} di depannya, di balik {kind2}; di depannya ada {kind2}, {kind2} {action2} di depannya; {kind2} ada di depan {kind}, {kind2} {action2} di depan {kind}; {kind2_tag} di depan {kind_tag}",
    "above": "dengan {kind2} di atasnya, di bawah {kind2}; di atasnya ada {kind2}, {kind2} {action2} di atasnya; {kind2} ada di atas {kind}, {kind2} {action2} di atas {kind}; {kind2_tag} di atas {kind_tag}",
    "follows": "diikuti {kind2}, dengan {kind2} yang mengikutinya; {kind2} mengikutinya, {kind2} menyusul; {kind2} mengikuti {kind}, {kind2} membuntuti {kind}; {kind2_tag} mengikuti {kind_tag}",
    "faces": "berhadapan dengan {kind2}, bertatapan dengan {kind2}; {kind2} menghadapnya, {kind2} menatapnya; {kind2} menghadap {kind}, {kind2} menatap {kind}; {kind2_tag} menghadap {kind_tag}",
}
STOP_WORDS = """
    dan atau tetapi tapi yang di ke dari pada dalam dengan untuk oleh sebagai seperti ketika saat sementara sambil lalu kemudian setelah sebelum pertama sekarang lagi sudah belum akan sedang bisa ada adalah ini itu sini sana
    saya aku kamu kita kami dia ia mereka nya seorang seekor sebuah satu dua tiga banyak beberapa semua setiap sangat sekali lebih paling hanya juga saja tidak bukan antara atas bawah depan belakang samping sebelah luar balik
    kecil besar cantik indah lucu muda tua tinggi manis perlahan pelan cepat lembut tolong buat buatlah buatkan tampilkan tunjukkan gambar gambarkan ingin mau lihat melihat terlihat kita bayangkan alkisah tentang
    video film klip adegan animasi pendek kamera cahaya suasana nuansa subjek aksi tempat waktu cuaca warna warnanya berwarna gaya memakai berbaju baju bajunya detik kualitas
"""
NEAREST = "naga=dinosaurus singa=kucing harimau=kucing macan=kucing serigala=anjing beruang=anjing truk=bus kapal=kapal_layar sepeda=mobil helikopter=pesawat hiu=paus lumba-lumba=paus elang=burung angsa=bebek tikus=kelinci monyet=anak_laki-laki"
