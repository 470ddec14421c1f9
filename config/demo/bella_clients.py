"""The clients of Bella Hair Co. Numbers and addresses are from the ranges reserved for fiction.

0491 570 006, 0491 570 156 and 0491 578 888 stay free: they are for signing in as somebody new.
"""

from config.demo.reading import clients

_LIST = """
Sophie Nguyen;0491 570 157;v
Priya Sharma;0491 570 158;vm
Chloe Bennett;0491 570 159;v
Liam O'Connor;0491 570 110;vn
Grace Kim;0491 570 313;v
Jack Wilson;0491 570 737;v
Zara Haddad;0491 571 266;v
Amelia Rossi;0491 571 491;v
Ethan Marsh;0491 571 804;
Ruby Delaney;0491 572 549;v
Olivia Hart;0491 572 665;v
Noah Sinclair;0491 572 983;v
Isla Petrov;0491 573 770;v
Leo Castellano;0491 573 087;v
Mia Thornton;0491 574 118;v
Harper Quinn;0491 574 632;vn
Anika Rao;0491 575 254;v
Daniel Weiss;0491 575 789;v
Lucia Moreno;0491 576 398;v
Finn Gallagher;0491 576 801;
Tessa Blackwood;0491 577 426;v
Yuki Mori;0491 577 644;v
Samira Aziz;0491 578 957;v
Oscar Lindqvist;0491 578 148;n
Poppy Ashworth;0491 579 212;v
Marcus Tran;0491 579 760;v
Eleni Stavrou;0491 579 455;v
Margaret Doyle;(02) 5550 1107;
Judith Hargreaves;(02) 5550 1183;n
Beverley Stone;(02) 5550 1219;
Alan Whitmore;(02) 5550 1274;n
Patricia Lowe;(02) 5550 1302;
Giulia Ferraro;(02) 5550 1358;
Robert Nash;(02) 5550 1391;n
Helen Kowalski;(02) 5550 1436;
Dorothy Finch;(02) 5550 1477;n
Catherine Bligh;(02) 5550 1520;
Nadia Hassan;(02) 5550 1568;
Vivian Cheung;(02) 5550 1604;
George Pappas;(02) 5550 1649;n
Rosemary Tate;(02) 5550 1685;
Sylvia Brandt;(02) 5550 1733;
Ingrid Olsen;(02) 5550 1790;
Thomas Keane;(02) 5550 1826;n
Wendy Abbott;(02) 5550 1861;
Freya Lawson;;
Imogen Pryce;;
Caleb Munro;;
Bianca Silva;;
Hugo Laurent;;
Matilda Crane;;
Arjun Mehta;;
Stella Novak;;
Jasper Holt;;
Alice Pemberton;;
Nina Kaplan;;
Owen Fairfax;;
Layla Rahimi;;
Violet Marlowe;;
Sebastian Cole;;
Keira Donovan;;
Mason Whitlock;;
"""

CLIENTS = clients(_LIST)
