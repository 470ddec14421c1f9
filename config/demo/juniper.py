"""Juniper & Co. in New York: another zone, another currency, other people, so that a leak between two businesses shows at once."""

from config.demo.reading import clients, menu
from config.demo.shapes import DraftSpec, MemberSpec, SalonSpec, Shift, StaffSpec, TimeOffSpec, WaitSpec

_CLIENTS = """
Avery Brooks;(212) 555-0114;v
Dominic Vance;(646) 555-0127;v
Simone Archer;(917) 555-0133;v
Teresa Lopez;(718) 555-0148;v
Callum Reid;(347) 555-0152;vn
Naomi Fields;(212) 555-0166;v
Gwen Stratton;(646) 555-0171;v
Isaac Feldman;(917) 555-0185;
Renata Cruz;(718) 555-0190;v
Miles Harmon;(347) 555-0196;
Cora Winslow;;
Elliot Sharpe;;
Bettina Gray;;
Jonah Pike;;
Marisol Vidal;(646) 555-0103;v
Peter Kwan;(212) 555-0109;
Faye Underwood;;
Desmond Clay;;
Hazel Roth;(917) 555-0119;v
Tobias Engel;;
Lorraine Buck;;
Iris Calloway;(718) 555-0137;v
"""

_MENU = """
# Hands & feet
manicure;Classic manicure;40;4500;Shape, cuticles, massage and polish.
gel;Gel manicure;55;6500;Two weeks of shine. Removal of old gel is part of it.
  Plain;55;6500
  With nail art;80;9000
pedicure;Spa pedicure;60;7500;Soak, scrub, mask and polish in the window chair.
# Brows & face
brows;Brow shape & tint;30;5500;Mapped to your face, threaded and tinted.
facial;Juniper facial;60;14000;Double cleanse, peel and lymphatic massage.
  Express;30;8500
  Signature;60;14000
lashes;Lash lift;50;11000;Curl that lasts six weeks, no glue-on lashes.
"""

_WEEK = Shift("10:00", "19:00", ("14:00", "14:45"))
_SHORT = Shift("09:00", "15:00", ("12:00", "12:30"))

_TEAM = (
    MemberSpec("Juniper", "Hayes", "Founder & facialist", ("facial", "brows", "lashes"), dict.fromkeys((1, 2, 3, 4, 5), _WEEK), 70),
    MemberSpec("Carlos", "Vega", "Nail artist", ("manicure", "gel", "pedicure"), dict.fromkeys((0, 2, 3, 5, 6), _WEEK), 62),
    MemberSpec(
        "Wren", "Adler", "Brow & nail technician", ("brows", "manicure", "gel", "lashes"), dict.fromkeys((0, 1, 4, 5, 6), _SHORT), 54
    ),
)

JUNIPER = SalonSpec(
    name="Juniper & Co.",
    slug="juniper",
    address="34 Sample Avenue, Brooklyn, NY 11201",
    timezone="America/New_York",
    currency="USD",
    locale="en_US",
    country="US",
    phone="+12125550100",
    email="hello@juniper.example",
    accent="#7a2e5d",
    menu=menu(_MENU),
    team=_TEAM,
    time_off=(TimeOffSpec("Wren", 8, "Vacation", days=4),),
    staff=(StaffSpec("rival", "Juniper", "Hayes", "owner", manage_waitlist=True, member="Juniper"),),
    clients=clients(_CLIENTS),
    notes=("Latex allergy.", "Gift card.", "Prefers Wren when she is in."),
    waitlist=(WaitSpec("Isaac Feldman", ("pedicure",), ((1, 6, "", ""),), 20, online=False),),
    drafts=(
        DraftSpec("Avery Brooks", ("facial:Signature", "brows"), 73, "Juniper", 2, 11),
        DraftSpec("Simone Archer", ("gel:With nail art",), -5, "Carlos", 3, 15, any_member=True),
    ),
    reminders_on=False,
)
