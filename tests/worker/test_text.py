"""The encoding of a text is told from its bytes, in the words of many languages; what is no text is told, too."""

import gzip
import random
import zipfile
import zlib
from io import BytesIO

import pytest

from md5_service.worker.formats.text import MARKS, Judge, decoded, marked, not_text
from tests.worker.conftest import Loading

ROWS_OF_A_SMALL_FILE = 12
SAME_AS_UTF8 = {"Лі"}  # its two bytes in cp1251 are also one character of UTF-8, and there is nothing else to tell by

# Names and towns by language, with the encodings that they come in.
WORDS = {
    "Russian": (
        "cp1251 koi8-r",
        """
        Александр Алексей Анна Борис Вадим Виктория Галина Дмитрий Евгений Екатерина Елена Жанна Зоя Иван Игорь Кирилл
        Ксения Лев Любовь Людмила Майя Михаил Надежда Наталья Никита Оксана Олег Ольга Павел Пётр Светлана Семён Сергей
        Татьяна Фёдор Эдуард Юлия Юрий Яна Ян Ярослав Ия Иванов Смирнова Кузнецов Попова Соловьёв Щербаков Хрущёв
        Цветаева Чехов Шишкин Объедков Москва Санкт-Петербург Новосибирск Екатеринбург Казань Челябинск Самара Уфа
        Ростов-на-Дону Красноярск Пермь Воронеж Орёл Тюмень Иркутск Хабаровск Ярославль Владивосток Махачкала Томск
        Оренбург Кемерово Рязань Астрахань Пенза Киров Тула Сочи Королёв Йошкар-Ола Чебоксары Элиста Ачинск улица
        площадь шоссе ООО ЗАО МОСКВА ИВАНОВ ПЕТРОВА
        """,
    ),
    "Ukrainian": (
        "cp1251",
        """
        Олександр Андрій Василь Володимир Ганна Євген Ігор Іван Ірина Їжакевич Катерина Леся Людмила Максим Марія Микола
        Михайло Наталія Оксана Олексій Ольга Остап Петро Роман Світлана Сергій Соломія Софія Степан Тарас Тетяна Юлія
        Юрій Ярослав Шевченко Коваленко Ткаченко Лисенко Гриценко Сковорода Хмельницький Лі Ґудзь Київ Харків Одеса
        Дніпро Донецьк Запоріжжя Львів Миколаїв Вінниця Херсон Полтава Чернігів Черкаси Суми Житомир Рівне Чернівці
        Тернопіль Луцьк Ужгород Кременчук Бровари Бердичів Ніжин Вишгород Гадяч вулиця площа КИЇВ ЛЬВІВ
        """,
    ),
    "Bulgarian": (
        "cp1251",
        """
        Александър Ангел Ани Атанас Биляна Боян Борислав Валентин Васил Венелин Весела Георги Гергана Даниела Десислава
        Димитър Емил Ивайло Иван Илия Йордан Калин Красимир Лъчезар Любомир Мария Милена Надежда Никола Петър Пламен
        Радослав Росица Стефан Стоян Тодор Христо Цветелина Юлиян Явор Иванов Георгиева Димитров Петрова Христов Щерев
        София Пловдив Варна Бургас Русе Плевен Сливен Добрич Шумен Перник Хасково Ямбол Пазарджик Благоевград Велико
        Търново Враца Габрово Асеновград Видин Кърджали Кюстендил Монтана Търговище Ловеч Силистра Разград Смолян
        """,
    ),
    "Serbian": (
        "cp1251",
        """
        Александар Ана Бојан Бранислав Вук Владимир Гордана Горан Дејан Драган Душан Ђорђе Жељко Зоран Иван Јелена Јован
        Катарина Љиљана Љубомир Марија Марко Милан Милица Милош Мирјана Младен Небојша Немања Никола Новак Предраг
        Радован Раде Саша Светлана Слободан Снежана Стефан Тијана Урош Филип Ћира Џорџ Његош Петровић Јовановић Николић
        Ђоковић Марковић Београд Нови Сад Ниш Крагујевац Суботица Зрењанин Панчево Чачак Краљево Смедерево Лесковац
        Ужице Ваљево Крушевац Врање Шабац Сомбор Пожаревац Пирот Зајечар Кикинда Јагодина Лозница Вршац Ћуприја
        """,
    ),
    "Polish": (
        "cp1250",
        """
        Bogusław Bożena Czesław Grażyna Jarosław Jędrzej Józef Łucja Łukasz Małgorzata Mieczysław Mirosław Paweł
        Przemysław Radosław Sławomir Stanisław Świętosława Wacław Wiesław Władysław Zdzisław Żaneta Kowalczyk Wiśniewski
        Wójcik Kamiński Lewandowska Zieliński Szymański Woźniak Dąbrowski Kozłowski Jabłoński Król Wróbel Wieczorek
        Stępień Michałek Gołąb Zając Głowacki Żak Źrebiec Mączka Półtorak Łódź Kraków Wrocław Poznań Gdańsk Białystok
        Częstochowa Toruń Rzeszów Elbląg Płock Wałbrzych Włocławek Tarnów Chorzów Zabrze Bielsko-Biała Opole Gorzów
        Dąbrowa Górnicza Słupsk Jastrzębie-Zdrój Grudziądz Jaworzno Piła Świdnica Będzin Zgierz Łomża Ełk Żory Puławy
        WAŁĘSA ŁÓDŹ
        """,
    ),
    "Czech": (
        "cp1250",
        """
        Aneta Barbora Bohuš Božena Čeněk Dušan Eliška Františka Hynek Ivana Jaromír Jiří Jindřich Jiřina Kateřina
        Kryštof Květa Ladislav Lukáš Luděk Matěj Markéta Michaela Mikuláš Miloš Milán Nikol Oldřich Ondřej Řehoř René
        Radoš Růžena Šárka Štěpán Tomáš Vojtěch Václav Vítězslav Zdeněk Žaneta Novák Svobodová Novotný Dvořák Černý
        Procházka Kučera Veselý Horák Němec Pokorný Růžička Beneš Fiala Sedláček Doležal Zeman Kolář Krejčí Navrátil
        Čermák Vaněk Kovář Praha Plzeň Liberec Olomouc České Budějovice Hradec Králové Ústí Děčín Karviná Frýdek-Místek
        Třebíč Zlín Opava Kladno Most Havířov Přerov Chomutov Jihlava Prostějov Příbram Cheb Třinec Znojmo Česká Lípa
        Kroměříž Břeclav Vsetín Uherské Hradiště Český Krumlov ŠKODA DVOŘÁK
        """,
    ),
    "Slovak": (
        "cp1250",
        """
        Ľubomír Ľudmila Ľuboš Štefan Ján Jozef Júlia Mária Marián Michal Ondrej Zuzana Žofia Božena Matúš Tomáš Lukáš
        Daniela Alžbeta František Dušan Rastislav Vojtech Róbert Žigmund Ďurica Ďuro Kováč Horváth Varga Tóth Nagy Baláž
        Molnár Szabó Lukáč Novák Polák Krajčí Hudák Kráľ Petráš Zelenák Šimko Oravec Medveď Ševčík Bratislava Košice
        Prešov Žilina Banská Bystrica Nitra Trnava Trenčín Poprad Prievidza Zvolen Považská Michalovce Spišská Nová Ves
        Komárno Levice Humenné Bardejov Liptovský Mikuláš Ružomberok Piešťany Topoľčany Lučenec Čadca Dubnica nad Váhom
        Rimavská Sobota Šaľa Vranov Topľou Skalica Galanta Senica Kežmarok Žiar Stará Ľubovňa Detva Malacky Vŕbová Stĺp
        """,
    ),
    "Hungarian": (
        "cp1250",
        """
        András Ágnes Ákos Attila Balázs Béla Bernadett Csaba Dániel Dénes Dezső Edit Éva Ferenc Gábor Géza György Győző
        Ildikó Imre István János József Júlia Károly Katalin Kálmán Krisztián László Lívia Lőrinc Márta Mária Máté
        Mátyás Mihály Nándor Ödön Pál Péter Piroska Réka Sándor Szabó Szilárd Tamás Tünde Zoltán Zsófia Zsolt Őze Nagy
        Kovács Tóth Horváth Varga Kiss Molnár Németh Balogh Farkas Papp Lakatos Takács Juhász Mészáros Oláh Simon Rácz
        Fekete Fehér Szűcs Vörös Budapest Debrecen Szeged Miskolc Pécs Győr Nyíregyháza Kecskemét Székesfehérvár
        Szombathely Érd Szolnok Tatabánya Kaposvár Sopron Békéscsaba Zalaegerszeg Eger Nagykanizsa Dunaújváros
        Hódmezővásárhely Salgótarján Cegléd Ózd Baja Vác Gödöllő Gyöngyös Hajdúböszörmény Kőszeg Hűvös
        """,
    ),
    "Croatian": (
        "cp1250",
        """
        Ana Anđela Boško Božidar Dražen Đurđica Đuro Filip Grgić Hrvoje Ivančica Jadranka Jurišić Kešić Krešimir
        Krunoslav Lovro Luča Mišo Mladen Nikša Ružica Saša Siniša Snježana Stjepan Šime Tomislav Vesna Vjekoslav Vlašta
        Žarko Željka Željko Zvonimir Horvat Kovačević Babić Marić Jurić Novak Kovačić Knežević Vuković Marković Petrović
        Matić Tomić Pavlović Kovač Božić Blažević Perić Šarić Lovrić Vidović Perković Popović Šimić Zagreb Split Rijeka
        Osijek Zadar Pula Slavonski Brod Karlovac Varaždin Šibenik Sisak Vinkovci Velika Gorica Dubrovnik Bjelovar
        Koprivnica Požega Đakovo Čakovec Solin Križevci Virovitica Poreč Županja Novska Makarska Petrinja Ogulin Knin
        Slatina Ivanić-Grad Đurđevac Omiš Čazma ŽELJKO
        """,
    ),
    "Romanian": (
        "cp1250",
        """
        Bogdan Cătălin Cătălina Călin Dănuţ Doiniţa Dumitru Florenţa Gheorghiţă Ileana Ioniţă Lăcrămioara Măriuca
        Mădălina Mihăiţă Răzvan Sînziana Ştefan Ştefania Tănase Viorica Văduva Ţepeş Ţurcanu Ionuţ Anişoara Bălan
        Bărbulescu Căpăţînă Constantinescu Diaconiţa Dragomir Duţă Făgăraş Grigoraş Iordăchescu Lupaşcu Moldoveanu
        Mureşan Munteanu Niţă Păcurar Păun Răducanu Sârbu Şerban Stănescu Tătaru Tănăsescu Vlăduţ Bucureşti Iaşi
        Constanţa Timişoara Craiova Braşov Galaţi Ploieşti Brăila Oradea Bacău Piteşti Botoşani Satu Mare Rîmnicu Vâlcea
        Drobeta Suceava Tîrgovişte Focşani Bistriţa Reşiţa Călăraşi Giurgiu Alba Slobozia Zalău Turda Mediaş Paşcani
        Câmpina Sighişoara Lugoj Târgu Mureş Cluj Sfântu
        """,
    ),
    "German": (
        "cp1252",
        """
        Bärbel Björn Günter Günther Götz Hänsel Jörg Jürgen Käthe Lütz Mägdalena Rüdiger Sören Uwe Wölfgang Zoë Änne
        Ödön Übelacker Müller Schäfer Köhler König Krüger Böhm Schröder Größer Weiß Groß Voß Strauß Jäger Krämer Günsel
        Hübner Möller Lüdke Bäcker Fröhlich Kühn Grün Löwe Preuß Heß Vögel Straße München Köln Düsseldorf Nürnberg
        Münster Göttingen Würzburg Lübeck Saarbrücken Osnabrück Fürth Gießen Tübingen Düren Zürich Österreich Görlitz
        Mönchengladbach Mülheim Lüneburg Neumünster Straßburg Kärnten MÜLLER KÖLN
        """,
    ),
    "French": (
        "cp1252",
        """
        Adélaïde Aimée André Amélie Anaïs Benoît Béatrice Céline Chloé Clément Cédric Désirée Édith Élise Élodie Émile
        Éric Étienne Eugène Félix François Françoise Frédéric Gaël Geneviève Gérard Hélène Héloïse Hervé Jérôme Jérémy
        Joël Joséphine Léa Léon Loïc Maëlle Mathéo Mélanie Michèle Noël Noémie Océane Pénélope Raphaël René Rémi Régis
        Solène Stéphane Sébastien Sévérine Théo Thérèse Valérie Véronique Zoé Lefèvre Bérard Lévêque Besançon Orléans
        Nîmes Angoulême Béziers Sète Saint-Étienne Genève Montréal Québec Liège Évry Évreux Créteil Mâcon Châteauroux
        Périgueux Alès Chambéry Fréjus Cœur Sœur l'Haÿ Hÿ rue hôtel forêt château FRANÇOIS HÉLÈNE
        """,
    ),
    "Spanish": (
        "cp1252",
        """
        Adrián Álvaro Andrés Ángel Ángela Begoña Belén Cándido César Concepción Cristóbal Damián Efraín Elías Fermín
        Germán Héctor Inés Iñaki Iván Jesús Joaquín José Julián Lucía Mónica María Martín Matías Moisés Nicolás Óscar
        Raúl Ramón Rubén Rocío Sebastián Sofía Tomás Verónica Víctor Zoé Núñez Muñoz Peña Ibáñez Ordóñez Castañeda
        García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Jiménez Álvarez Domínguez Vázquez
        Gutiérrez Málaga Córdoba Cádiz León Ávila Cáceres Jaén Almería Gijón Logroño Bogotá Medellín Asunción Panamá
        Ceará México Mérida Cancún Tucumán Güemes Camagüey Santander Ñuñoa PEÑA MARTÍN
        """,
    ),
    "Portuguese": (
        "cp1252",
        """
        Adélia Afrânio Álvaro Antônio António Ângela Amália Assunção Conceição Cauã César Cláudia Débora Emília Érica
        Estêvão Eugênio Fábio Fátima Flávia Gonçalo Glória Hélio Inês Inácio Irací Jerônimo João José Joaquim Júlia Luís
        Luíza Mário Márcia Mônica Natália Otávio Patrícia Rogério Sérgio Simão Sônia Tânia Tomé Vânia Verônica Vitória
        Gonçalves Guimarães Magalhães Simões Araújo Brandão Falcão Galvão Leitão Mourão Paixão São Paulo Brasília
        Goiânia Belém Maceió Florianópolis Cuiabá Macapá Niterói Uberlândia Ribeirão Preto Jundiaí Maringá Évora Setúbal
        Viseu Portimão Bragança Santarém Águeda Ílhavo Óbidos Póvoa JOÃO CONCEIÇÃO
        """,
    ),
    "Italian": (
        "cp1252",
        """
        Nicolò Niccolò Noè Mosè Giosuè Cloè Zoè Salomè Artù Gesù Jesù Bartolomè Ciccì Dalì Fabrì Guidò Andrè Libertà
        Carità Nicolì Forlì Mondovì Cantù Città Castellammà Cefalù Calì Sarrià Aquilà Mercantù Carrù Ciriè Agliè Rondò
        Erbè Salò Gorlà Viggiù Tricesimò società università perché è più così però à é NICOLÒ FORLÌ
        """,
    ),
    "Swedish": (
        "cp1252",
        """
        Åke Åsa Åström Bäckström Bengtsåke Björn Börje Göran Gösta Håkan Hjördis Jörgen Kåre Käthe Lövgren Märta Mårten
        Mörk Nyström Öberg Östen Pär Pålsson Sjöberg Söderström Sjögren Strömberg Söder Törnqvist Ulvsjö Västberg
        Wåhlberg Ängla André Linnéa Renée Göteborg Malmö Västerås Örebro Linköping Jönköping Norrköping Umeå Gävle Borås
        Södertälje Växjö Luleå Östersund Trollhättan Skövde Nyköping Uddevalla Piteå Sundbyberg Ängelholm Åmål Ystad
        Värnamo Mölndal Sandviken Ö Å Öland GÖTEBORG
        """,
    ),
    "Danish": (
        "cp1252",
        """
        Åge Åse Bjørn Bodil Dorthe Æbelø Øjvind Gøran Jørgen Jørn Jørgensen Kåre Kjærsgaard Kjær Kærgård Lærke Løvgren
        Mågaard Mærsk Møller Måns Nørgaard Nøhr Østergaard Påske Rønne Rasmusæn Sørensen Søren Sørine Sønderby Thøger
        Tønder Tønnesen Værum Aarøe Bøgh Dåse København Århus Ålborg Helsingør Hørsholm Køge Næstved Sønderborg Hjørring
        Frederiksværk Rødovre Ærøskøbing Præstø Nyborg Brøndby Høje Tåstrup Tårnby Gladsaxe Lyngby Ballerup Rødby
        Løgstør Åbenrå Mariagerø Nexø Skælskør Rødekro Ø Å SØREN
        """,
    ),
    "Turkish": (
        "cp1254",
        """
        Ahmet Ayşe Ayşegül Ahıska Barış Batıkan Burçak Burçin Büşra Cağrı Çağla Çağatay Çetin Cüneyt Doğan Doğukan
        Ebubekir Emrullâh Erdoğan Ertuğrul Fatıma Fırat Gökçe Gökhan Gönül Gülşen Gülizar Hüseyin Işıl Işık İbrahim
        İlker İsmail Kâzım Kıvanç Kübra Mahşer Müge Mümtaz Nilgün Nâzım Oğuz Oğuzhan Okşan Öykü Özge Özgür Rıza Şahin
        Sıla Şebnem Şevket Tuğba Tuğçe Tülay Uğur Ülkü Ümit Yağız Yiğit Yıldız Yıldırım Çelik Aydın Öztürk Kılıç Arslan
        Şimşek Yılmaz Güneş Koç Kurtuluş İstanbul İzmir Adıyaman Ağrı Balıkesir Bingöl Çanakkale Çankırı Çorum
        Diyarbakır Düzce Elâzığ Eskişehir Gümüşhane Iğdır Kahramanmaraş Karabük Kırşehir Kütahya Muğla Muş Nevşehir
        Niğde Şanlıurfa Şırnak Tekirdağ Uşak Üsküdar Beşiktaş Kadıköy Beyoğlu İSTANBUL YILMAZ
        """,
    ),
}
CASES = [(language, encoding) for language, (encodings, _) in WORDS.items() for encoding in encodings.split()]
SENTENCE = "Имя;Почта;Город\r\nМария Ивановна Кузнецова;masha@пример.рф;Ростов-на-Дону\r\nØrsted;h@kø.dk;Ærø\r\n"

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def words_of(language: str) -> list[str]:
    return WORDS[language][1].split()


def read(content: bytes) -> tuple[str, str]:
    """The encoding that is told, and the text read so."""
    judge = Judge()
    judge.see(content)
    encoding = judge.verdict()
    return encoding, decoded(content, encoding)[0]


def is_cyrillic(text: str) -> bool:
    return any("Ѐ" <= letter <= "ӿ" for letter in text)


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_small_files_of_every_language_are_read_right(language: str, encoding: str) -> None:
    words = words_of(language)
    assert len(words) >= 50
    for start in range(0, len(words), ROWS_OF_A_SMALL_FILE):
        rows = words[start : start + ROWS_OF_A_SMALL_FILE]
        text = "".join(f"{word};user{number}@example.org\r\n" for number, word in enumerate(rows))
        assert read(text.encode(encoding))[1] == text
        assert read(text.encode()) == ("utf-8", text)


def test_no_single_word_is_taken_for_one_of_another_script() -> None:
    checked = 0
    for language, encoding in CASES:
        for word in words_of(language):
            if word.isascii() or word in SAME_AS_UTF8:
                continue
            told, text = read(word.encode(encoding))
            assert told != "utf-8", word
            assert is_cyrillic(text) == is_cyrillic(word), (language, encoding, word, told, text)
            checked += 1
    print(f"{checked} words of {len(WORDS)} languages")
    assert checked > 1300


@pytest.mark.parametrize(("text", "encoding"), [("«Ромашка» – Пётр", "cp1251"), ("„Müller“ – Weiß…", "cp1252")])
def test_signs_around_words_do_not_hide_them(text: str, encoding: str) -> None:
    assert read(text.encode(encoding)) == (encoding, text)


def test_latin_1_is_said_where_it_is_the_same_as_windows_1252() -> None:
    assert read("Müller;m@x.org\n".encode("latin-1"))[0] == "latin-1"
    assert read("Müller – m@x.org\n".encode("cp1252"))[0] == "cp1252"
    assert read(b"Muller;m@x.org\n")[0] == "utf-8"


def test_one_row_that_happens_to_be_utf8_does_not_make_a_file_utf8() -> None:
    judge = Judge()
    judge.see("Ганна;g@x.org\nІгор;i@x.org\n".encode("cp1251"))
    judge.see("Лі;li@x.org".encode("cp1251"))  # the last one comes alone, where no line end follows
    assert judge.verdict() == "cp1251"


@pytest.mark.parametrize("good", [1, 5, 1000])
def test_a_file_of_utf8_with_some_broken_rows_is_utf8(good: int) -> None:
    judge = Judge()
    judge.see("Zoë;z@x.org\n".encode() * good + "Müller;m@x.org\n".encode("latin-1"))
    assert judge.verdict() == "utf-8"


@pytest.mark.parametrize(("mark", "encoding"), MARKS)
def test_a_byte_order_mark_decides(mark: bytes, encoding: str) -> None:
    content = mark + SENTENCE.encode(encoding)
    assert marked(content) == (encoding, len(mark))
    assert not_text(content) is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", [SENTENCE, "王小明,wang@x.cn\n李四,li@x.cn\n", "a@b.de\n", "Їжак Євген;je@x.ua\n", "דוד,d@x.il\n"]
)
def test_utf16_is_known_without_a_mark(encoding: str, text: str) -> None:
    assert marked(text.encode(encoding)) == (encoding, 0)
    assert not_text(text.encode(encoding)) is None


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_what_has_one_byte_a_character_is_not_taken_for_utf16(encoding: str) -> None:
    text = "Имя;Почта\nМария;masha@x.org\n".encode(encoding)
    for content in (text, text.replace(b";", b"\0;"), b"A\0B,a@x.org\n", b"\0,a@x.org\n" * 50, b"", b"a"):
        assert marked(content) is None
        assert not_text(content) is None


def archive() -> bytes:
    with zipfile.ZipFile(content := BytesIO(), "w") as file:
        file.writestr("xl/workbook.xml", "<x/>")
    return content.getvalue()


NOT_TEXT = {
    "a ZIP file, such as an Excel workbook (.xlsx)": archive(),
    "an old Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    "gzip, to be unpacked first": gzip.compress(b"a@x.org\n"),
    "bzip2, to be unpacked first": b"BZh91AY&SY\x8e\xfa",
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a SQLite database": b"SQLite format 3\0\x10\0\x01\x01",
    "text in UTF-32": "name,a@x.org\n".encode("utf-32"),
    "bytes that are no text": random.Random(7).randbytes(5000),
    "no text": zlib.compress(random.Random(8).randbytes(600)),
}


@sqlite
def test_what_is_no_text_fails_and_says_what_to_do(load: Loading) -> None:
    for what, content in NOT_TEXT.items():
        task = load(content).task
        assert (task["outcome"], task["error"]["code"]) == ("failed", "not_text"), what
        assert what in task["error"]["detail"]
        assert "Save it as CSV, best in UTF-8" in task["error"]["detail"]


def test_random_bytes_are_no_text_however_many_there_are() -> None:
    chance = random.Random(1)
    for size in [300, 1000, 20_000, 65_536] * 25:
        assert not_text(chance.randbytes(size)) is not None


def test_a_name_that_begins_like_a_compressed_file_is_text() -> None:
    assert not_text(b"BZhang;b@x.org\n") is None
    assert not_text(b"%PDF;b@x.org\n") is None


@sqlite
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "Zoë Ткаченко"),
        ("utf-8-sig", "Zoë Ткаченко"),
        ("utf-16", "Zoë Ткаченко"),
        ("utf-16-le", "Кузнецова Мария Ивановна"),
        ("utf-16-be", "Кузнецова Мария Ивановна"),
        ("cp1251", "Кузнецова Мария Ивановна"),
        ("koi8-r", "Кузнецова Мария Ивановна"),
        ("cp1250", "Božena Růžičková"),
        ("cp1252", "Zoë – Müller"),
        ("latin-1", "Zoë Müller"),
        ("cp1254", "Ayşegül Yıldız"),
    ],
)
def test_a_file_of_each_encoding_is_loaded(load: Loading, encoding: str, name: str) -> None:
    found = load(f"{name};a@x.org\r\n".encode(encoding))
    assert found.counts == (1, 1, 0, 0)
    assert found.records["a@x.org"]["name"] == name
    assert found.task["result"]["encoding"] in {encoding, "utf-8", "utf-16-le"}
    given = load(f"{name};b@x.org\r\n".encode(encoding), encoding=found.task["result"]["encoding"])
    assert given.records["b@x.org"]["name"] == name


@sqlite
def test_rows_that_are_not_utf8_in_a_file_that_is_are_rejects(load: Loading) -> None:
    rows = [f"Zoë {number};z{number}@x.org\n".encode() for number in range(20)]
    rows[7] = "Müller;m@x.org\n".encode("latin-1")
    found = load(b"".join(rows))
    assert found.counts == (20, 19, 0, 1)
    assert "\n8,bad_encoding,the row has bytes that are not utf-8," in found.rejects
    assert found.task["result"]["encoding"] == "utf-8"
