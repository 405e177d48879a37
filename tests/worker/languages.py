"""Names and towns in many languages: the encodings in which they occur, and the words, separated by spaces."""

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
