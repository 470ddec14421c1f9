"""Bella Hair Co. in Sydney: the salon the demo is told in. Its clients stand in bella_clients."""

from config.demo.bella_clients import CLIENTS
from config.demo.reading import menu
from config.demo.shapes import DraftSpec, MemberSpec, SalonSpec, Shift, StaffSpec, TimeOffSpec, WaitSpec

_MENU = """
# Cut & style
cut;Hair cut;45;9500;Consultation, wash, precision cut and a quick blow-dry to finish.
restyle;Restyle cut;60;12500;A new shape, planned together in the mirror first. With a wash, scalp massage and styled finish.
  Short hair;60;12500
  Shoulder length;75;14000
  Long hair;90;15500
short;Short back & sides;30;5500;Scissor or clipper cut, neck tidy and styling.
kids;Kids' cut;30;4200;For under-twelves. Patient hands, no rush, and a story if it helps.
fringe;Fringe trim;15;2000;Ten quiet minutes between two cuts to get your eyes back.
blowdry;Blow-dry;35;5500;Wash, treatment mist and a bouncy or sleek finish that lasts for days.
  Short hair;35;5500
  Shoulder length;45;6500
  Long hair;60;7800
# Colour
roots;Root touch-up;75;11000;Covers regrowth up to three centimetres, ammonia-free on request.
colour;Full colour;90;15500;One even shade from root to tip, with bond care and a gloss rinse.
  Short hair;90;15500
  Shoulder length;105;17500
  Long hair;135;21000
foils;Foil highlights;90;17500;Fine, natural lights woven by hand. Toner is booked on its own.
  Half head;90;17500
  Full head;150;26500
balayage;Balayage;180;32000;Freehand lights that grow out softly. Includes toner, cut is extra.
toner;Toner;30;5000;Takes out the brass and brings the shine back.
# Treatments
repair;Bond repair;30;6000;Rebuilds bleached or heat-tired hair from the inside, in one sitting.
keratin;Keratin smoothing;120;24000;Tames frizz for up to four months. Please come with dry, unstyled hair.
  Short hair;120;24000
  Shoulder length;150;28500
  Long hair;180;33000
scalp;Scalp ritual;45;8500;Exfoliation, warm oil and twenty minutes of massage. The lights stay low.
perm;Soft wave perm;120;19000;Loose waves that hold for months, set with a gentle lotion.;95
# Occasions
upstyle;Upstyle;60;11500;Pinned, braided or swept for the evening. Bring a picture if you have one.
  Half up;45;9000
  Full upstyle;60;11500
  With extensions;90;15500
bridal;Bridal trial;90;18000;Two looks to choose from, photographed, a month or so before the day.
braids;Festival braids;40;6500;Dutch, fishtail or boxer, with ribbon or glitter thread.
"""

_DAY = Shift("09:00", "17:30", ("12:30", "13:15"))
_EARLY = Shift("08:00", "15:30", ("11:45", "12:15"))
_LATE = Shift("11:00", "20:00", ("15:00", "15:45"))
_SATURDAY = Shift("08:30", "16:00", ("12:00", "12:30"))
_SUNDAY = Shift("10:00", "15:00")

_TEAM = (
    MemberSpec(
        "Bella",
        "Romano",
        "Owner & creative director",
        ("cut", "restyle", "fringe", "blowdry", "colour", "foils", "balayage", "toner", "upstyle", "bridal", "perm"),
        {1: _DAY, 2: _DAY, 3: _LATE, 4: _DAY, 5: _SATURDAY},
        88,
    ),
    MemberSpec(
        "Maya",
        "Okafor",
        "Senior colourist",
        ("cut", "fringe", "blowdry", "roots", "colour", "foils", "balayage", "toner", "repair", "perm"),
        {0: _DAY, 1: _DAY, 2: _DAY, 4: _LATE, 5: _SATURDAY},
        82,
    ),
    MemberSpec(
        "Tom",
        "Fischer",
        "Stylist & barber",
        ("cut", "short", "kids", "fringe", "restyle", "blowdry", "braids"),
        {0: _EARLY, 1: _EARLY, 3: _LATE, 4: _DAY, 5: _SATURDAY, 6: _SUNDAY},
        74,
    ),
    MemberSpec(
        "Aiko",
        "Tanaka",
        "Texture & treatments",
        ("cut", "fringe", "blowdry", "toner", "repair", "keratin", "scalp", "braids", "upstyle", "perm"),
        {0: _LATE, 2: _EARLY, 3: _DAY, 4: _DAY, 6: _SUNDAY},
        66,
    ),
    MemberSpec(
        "Jess",
        "Papadakis",
        "Junior stylist",
        ("cut", "short", "kids", "fringe", "blowdry", "toner", "braids", "repair"),
        {0: _DAY, 2: _LATE, 3: _DAY, 5: Shift("09:00", "16:30", ("13:00", "13:30")), 6: _SUNDAY},
        58,
    ),
)

BELLA = SalonSpec(
    name="Bella Hair Co.",
    slug="bella-hair",
    address="12 Example Street, Newtown NSW 2042",
    timezone="Australia/Sydney",
    currency="AUD",
    locale="en_AU",
    country="AU",
    phone="+61255501234",
    email="hello@bella.example",
    accent="#0b5c52",
    menu=menu(_MENU),
    team=_TEAM,
    time_off=(
        TimeOffSpec("Aiko", 6, "Holiday", days=5),
        TimeOffSpec("Maya", 2, "Dentist", between=("14:00", "16:00")),
        TimeOffSpec("Tom", -9, "Barber masterclass", days=2),
        TimeOffSpec("Jess", 13, "College day"),
        TimeOffSpec("Bella", -17, "Family", days=3),
    ),
    staff=(
        StaffSpec("owner", "Bella", "Romano", "owner", manage_waitlist=True, member="Bella", sees_admin=True),
        StaffSpec("receptionist", "Hannah", "Clarke", "receptionist", manage_waitlist=True),
        StaffSpec("stylist", "Tom", "Fischer", "team_member", manage_waitlist=False, member="Tom"),
    ),
    clients=CLIENTS,
    notes=(
        "Sensitive scalp, please patch-test.",
        "Bringing a reference picture.",
        "Running from work, may be five minutes late.",
        "Prefers a quiet appointment.",
        "Same formula as last time.",
        "Allergic to coconut.",
        "Bringing a little one along.",
    ),
    waitlist=(
        WaitSpec(
            "Amelia Rossi",
            ("balayage", "toner"),
            ((1, 5, "", ""),),
            30,
            online=True,
            member="Bella",
            note="Any time before the wedding on Sunday.",
        ),
        WaitSpec(
            "Ethan Marsh", ("short",), ((1, 3, "16:00", "20:00"), (7, 10, "16:00", "20:00")), 6, online=False, note="After work only."
        ),
        WaitSpec("Ruby Delaney", ("foils:Half head",), ((2, 9, "08:00", "12:00"),), 51, online=True),
    ),
    drafts=(
        DraftSpec("Sophie Nguyen", ("restyle:Long hair", "toner"), -40 / 60, "Bella", 2, 10, note="Thinking of going quite a bit shorter."),
        DraftSpec("Priya Sharma", ("foils:Full head",), 26, "Maya", 3, 13, any_member=True),
        DraftSpec("Chloe Bennett", ("cut", "blowdry:Long hair"), 118, "Tom", 1, 11, note="First visit since March."),
        DraftSpec("Grace Kim", ("perm", "repair"), 196, "Aiko", 3, 10),
        DraftSpec("Liam O'Connor", ("short",), 305, "Tom", 2, 14, taken_by="Finn Gallagher"),
        DraftSpec("Zara Haddad", ("colour:Shoulder length", "cut"), 410, "Maya", 5, 10, then="converted"),
        DraftSpec("Jack Wilson", ("keratin:Short hair",), 540, "Aiko", 4, 13, then="dismissed"),
    ),
    reminders_on=True,
)
