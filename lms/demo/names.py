"""Common given and family names of the region, to compose people from. Nobody composed of them is real."""

from __future__ import annotations

import unicodedata
from random import Random

import cyrtranslit


def _list(names: str) -> list[str]:
    return names.split()


# Given names, and family names, by the language community whose names are common at the institution.
BOSNIAK = (
    _list(
        "Amar Lejla Emir Amina Haris Selma Tarik Emina Adnan Merjem Kenan Ajla Mirza Dženana Senad Azra Nermin "
        "Aida Jasmin Samra Faruk Melisa Edin Alma Damir Sabina Vedad Šejla Armin Belma"
    ),
    _list(
        "Hodžić Hadžić Čengić Delić Demirović Kovačević Suljić Begić Halilović Mujić Omerović Softić Alić "
        "Imamović Karić Salihović Mehmedović Ibrahimović Zukić Hasanović Osmanović Šehić Kapetanović Muratović "
        "Bešić Avdić Spahić"
    ),
)
SERBIAN = (
    _list(
        "Nikola Milica Marko Jelena Stefan Ana Miloš Jovana Nemanja Dragana Vladimir Ivana Aleksandar Marija "
        "Dušan Tijana Đorđe Sanja Bojan Snežana Petar Nataša Uroš Katarina Zoran Gordana Lazar Teodora Igor Vesna "
        "Goran Bojana"
    ),
    _list(
        "Jovanović Petrović Nikolić Marković Đorđević Stojanović Ilić Stanković Pavlović Milošević Živković "
        "Ristić Kostić Mitrović Lukić Savić Simić Vasić Božić Popović Tomić Filipović Đurić Stevanović Radović "
        "Gajić Obradović Knežević Lazić Šarić Bogdanović Todorović Žarković Cvetković"
    ),
)
CROAT = (
    _list("Ivan Marija Josip Ana Luka Petra Ante Ivana Tomislav Mirjana Mario Katarina Zdravko Jelena Dražen Martina"),
    _list("Kovač Babić Jurić Marić Perić Vidović Barišić Šimić Grgić Lovrić Matić Pavić Tadić Zovko Bošnjak Ćorić"),
)
MONTENEGRIN = (
    _list(
        "Vuk Milena Luka Anđela Danilo Jovana Balša Ivana Blažo Nikolina Ratko Tamara Miloš Marijana Filip Nataša "
        "Vasilije Kristina Pavle Dragana Radovan Sanja Stefan Maja Željko Vesna Andrija Ksenija"
    ),
    _list(
        "Vujović Popović Radulović Đukanović Vukčević Perović Ivanović Kovačević Radović Bulatović Jovanović "
        "Šćepanović Marković Knežević Nikčević Vučinić Božović Mijović Raičević Krivokapić Lalović Đurović "
        "Pejović Tomašević Žugić Bošković Lakić Vuković Golubović"
    ),
)
MACEDONIAN = (
    _list(
        "Александар Елена Стефан Марија Никола Ана Горан Билјана Даниел Сања Ѓорѓи Весна Бојан Ивана Дејан "
        "Катерина Зоран Маја Кирил Јасмина Љупчо Наташа Митко Сузана Трајче Оливера Филип Христина Владо Слаѓана"
    ),
    _list(
        "Стојановски Петровски Николовски Трајковски Димовски Ристовски Георгиевски Јовановски Костовски Илиевски "
        "Андонов Тодоровски Спасовски Митревски Цветковски Ангеловски Наумовски Велковски Ѓорѓиевски Китановски "
        "Христов Блажевски Ќосев Џамбазовски Арсовски Поповски Симоновски Бошковски"
    ),
)
ALBANIAN = (
    _list(
        "Arben Albana Besnik Drita Agron Fjolla Ilir Teuta Driton Vjosa Blerim Arta Faton Mimoza Gëzim Shpresa "
        "Luan Valbona Burim Elira Artan Besa"
    ),
    _list(
        "Hoxha Krasniqi Berisha Shala Gashi Kelmendi Ademi Iseni Ramadani Selimi Bajrami Osmani Ahmeti Çela Aliu "
        "Emini Rexhepi Zeqiri Nimani Dibra"
    ),
)

Community = tuple[list[str], list[str]]
AT: dict[str, tuple[tuple[Community, int], ...]] = {
    "RS": ((SERBIAN, 9), (BOSNIAK, 1)),
    "ME": ((MONTENEGRIN, 8), (BOSNIAK, 1), (ALBANIAN, 1)),
    "BA": ((BOSNIAK, 5), (SERBIAN, 4), (CROAT, 2)),
    "MK": ((MACEDONIAN, 7), (ALBANIAN, 3)),
}
"""Which names are composed at an institution of a country, and how often."""


def composed(country: str, rng: Random) -> tuple[str, str]:
    """A given and a family name for somebody in this country. Macedonian family names follow the given name's
    gender."""
    communities = AT.get(country, AT["RS"])
    given_names, family_names = rng.choices([names for names, _ in communities], [often for _, often in communities])[0]
    given, family = rng.choice(given_names), rng.choice(family_names)
    if given.endswith("а") and given not in ("Никола",):
        family = family.removesuffix("и") + "а" if family.endswith("ски") else f"{family}а"
    return given, family


def latin(name: str) -> str:
    """The name in the 26 letters that an e-mail address has."""
    plain = cyrtranslit.to_latin(name, "mk").casefold().replace("đ", "dj")
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
