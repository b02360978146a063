"""What Larkspur sells, for which prices in US dollars, and the made-up people and streets it sells to."""

PRODUCTS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("Alder saucepan", "Cookware", {"1.5 qt": 39, "2.5 qt": 49, "3.5 qt": 59}),
    ("Alder frying pan", "Cookware", {"8 in": 39, "10 in": 54, "12 in": 69}),
    ("Alder stockpot", "Cookware", {"6 qt": 79, "8 qt": 95, "12 qt": 119}),
    ("Birch chef's knife", "Knives", {"6 in": 59, "8 in": 74, "10 in": 89}),
    ("Birch bread knife", "Knives", {"9 in": 59}),
    ("Birch paring knife", "Knives", {"3 in": 29, "4 in": 34}),
    ("Birch knife block", "Knives", {"for 5 knives": 69, "for 8 knives": 89}),
    ("Cedar cutting board", "Knives", {"small": 24, "medium": 36, "large": 52}),
    ("Clover tea kettle", "Kettles", {"steel": 49, "forest green": 54, "cream": 54}),
    ("Clover electric kettle", "Kettles", {"steel": 69, "black": 69, "cream": 74}),
    ("Cobalt Dutch oven", "Cookware", {"4 qt, blue": 109, "6 qt, blue": 139, "6 qt, white": 149}),
    ("Cobalt baking dish", "Cookware", {"small": 39, "large": 55}),
    ("Cobalt roasting pan", "Cookware", {"14 in": 89, "16 in": 109}),
    ("Copperline milk pan", "Cookware", {"1 qt": 64}),
    ("Dune dinner plate", "Tableware", {"sand": 18, "stone": 18, "ink": 18}),
    ("Dune soup bowl", "Tableware", {"sand": 16, "stone": 16, "ink": 16}),
    ("Dune mug", "Tableware", {"sand": 14, "stone": 14, "ink": 14}),
    ("Dune serving platter", "Tableware", {"sand": 42, "stone": 42}),
    ("Ember espresso machine", "Appliances", {"black": 429, "steel": 429}),
    ("Ember coffee grinder", "Appliances", {"black": 119, "steel": 129}),
    ("Ember French press", "Appliances", {"3 cups": 34, "8 cups": 44}),
    ("Ember toaster", "Appliances", {"2 slices": 59, "4 slices": 89}),
    (
        "Fern linen duvet cover",
        "Bedding",
        {"twin, white": 119, "queen, white": 149, "queen, sage": 149, "king, white": 169},
    ),
    ("Fern pillowcase", "Bedding", {"white": 29, "sage": 29, "clay": 29}),
    ("Fern fitted sheet", "Bedding", {"twin, white": 59, "queen, white": 74, "king, white": 84}),
    ("Fern wool blanket", "Bedding", {"oat": 139, "charcoal": 139}),
    ("Garnet stand mixer", "Appliances", {"red": 329, "cream": 329}),
    ("Garnet hand mixer", "Appliances", {"red": 59, "cream": 59}),
    ("Garnet blender", "Appliances", {"48 oz": 99, "64 oz": 129}),
    ("Garnet food processor", "Appliances", {"8 cups": 149, "12 cups": 199}),
    ("Hazel bookshelf", "Storage", {"3 shelves": 139, "5 shelves": 199}),
    ("Hazel side table", "Storage", {"natural": 89, "walnut": 99}),
    ("Hazel storage basket", "Storage", {"small": 19, "medium": 27, "large": 36}),
    ("Hazel coat rack", "Storage", {"natural": 75, "walnut": 85}),
    ("Iris floor lamp", "Lamps", {"brass": 159, "black": 149}),
    ("Iris table lamp", "Lamps", {"brass": 84, "black": 79}),
    ("Iris pendant light", "Lamps", {"brass": 109, "black": 99}),
    ("Iris night light", "Lamps", {"warm white": 22}),
    ("Juniper bath towel", "Bath", {"white": 28, "sea": 28, "clay": 28}),
    ("Juniper hand towel", "Bath", {"white": 16, "sea": 16, "clay": 16}),
    ("Juniper bath mat", "Bath", {"white": 32, "sea": 32}),
    ("Juniper shower curtain", "Bath", {"white": 39, "sea": 39}),
    ("Kestrel vacuum cleaner", "Appliances", {"corded": 189, "cordless": 279}),
    ("Kestrel hand vacuum", "Appliances", {"grey": 79}),
    ("Linden tea towel", "Kitchen textiles", {"natural": 9, "striped": 9, "checked": 11}),
    ("Linden apron", "Kitchen textiles", {"natural": 29, "navy": 29}),
    ("Linden oven glove", "Kitchen textiles", {"natural": 15, "navy": 15}),
    ("Marlow wine glass", "Tableware", {"set of 2": 26, "set of 6": 69}),
    ("Marlow water carafe", "Tableware", {"1 l": 32}),
    ("Marlow tumbler", "Tableware", {"set of 4": 34, "set of 6": 48}),
)

FIRST_NAMES = (
    "Olivia", "Noah", "Maya", "Ethan", "Grace", "Lucas", "Amara", "Ben", "Camila", "Daniel", "Elena", "Felix",
    "Georgia", "Hassan", "Imani", "Jonas", "Keiko", "Leo", "Marta", "Nadia", "Oscar", "Priya", "Quentin", "Rosa",
    "Samir", "Tessa", "Umar", "Vera", "Wesley", "Ximena", "Yusuf", "Zoe", "Adele", "Bruno", "Clara", "Dmitri",
)  # fmt: skip

LAST_NAMES = (
    "Abbott", "Barlow", "Castellan", "Dawes", "Eastman", "Farrow", "Gallagher", "Hartwell", "Ingram", "Jansen",
    "Kowalski", "Lindqvist", "Marlowe", "Nakata", "Okafor", "Pemberton", "Quigley", "Rasmussen", "Sandoval",
    "Thackeray", "Underhill", "Valente", "Whitlock", "Yamada", "Zeller", "Ashdown", "Brightwell", "Colby", "Duarte",
    "Ellery", "Fontaine", "Greaves", "Haddad", "Iverson", "Kapoor", "Larsen", "Mbeki", "Novak", "Osgood", "Prentice",
    "Rowntree", "Sokolov",
)  # fmt: skip

STREETS = (
    "Maple Row", "Orchard Lane", "Mill Street", "Harbour Road", "Station Street", "Linden Avenue", "Quarry Hill", "Church Walk",
    "Meadow Drive", "River Terrace", "Foundry Street", "Garden Crescent", "Lighthouse Way", "Willow Court", "Market Square",
)  # fmt: skip

CITIES: dict[str, tuple[tuple[str, str | None, str], ...]] = {
    "US": (
        ("Portland", "OR", "97205"), ("Columbus", "OH", "43215"), ("Denver", "CO", "80203"), ("Raleigh", "NC", "27601"),
        ("Madison", "WI", "53703"), ("Tucson", "AZ", "85701"), ("Albany", "NY", "12207"), ("Austin", "TX", "78701"),
        ("Boise", "ID", "83702"), ("Savannah", "GA", "31401"), ("Duluth", "MN", "55802"), ("Providence", "RI", "02903"),
    ),
    "CA": (("Halifax", "NS", "B3J 1A1"), ("Calgary", "AB", "T2P 1J9"), ("Ottawa", "ON", "K1P 5M7")),
    "GB": (("Leeds", None, "LS1 4DY"), ("Bristol", None, "BS1 4DJ"), ("Norwich", None, "NR2 1RL")),
    "DE": (("Leipzig", None, "04109"), ("Bremen", None, "28195"), ("Kassel", None, "34117")),
    "FR": (("Nantes", None, "44000"), ("Dijon", None, "21000")),
    "NL": (("Utrecht", None, "3511 AB"), ("Groningen", None, "9711 LM")),
}  # fmt: skip
