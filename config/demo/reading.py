"""Reads the demo's lists: one client, service or variant a line, parts separated by semicolons."""

from config.demo.shapes import CategorySpec, ClientSpec, ServiceSpec, VariantSpec


def clients(text: str) -> tuple[ClientSpec, ...]:
    """Name; phone ("" for none); what holds: v signed in online with this phone, m muted both channels, n no e-mail on file."""
    return tuple(_client(*line.split(";")) for line in text.strip().splitlines())


def menu(text: str) -> tuple[CategorySpec, ...]:
    """A category is a line `# Name`; under it stand its services, and indented under a service its variants.

    A service is: key; name; minutes; price in minor units; description; and, where it was taken off the menu, minutes since then.
    A variant: name; minutes; price.
    """
    _, *categories = ("\n" + text.strip()).split("\n# ")
    return tuple(_category(*category.split("\n", 1)) for category in categories)


def _client(name: str, phone: str, marks: str) -> ClientSpec:
    first_name, last_name = name.split(" ", 1)
    return ClientSpec(
        first_name=first_name,
        last_name=last_name,
        phone=phone,
        email="" if "n" in marks else _email(first_name, last_name),
        verified="v" in marks,
        wants="m" not in marks,
    )


def _email(first_name: str, last_name: str) -> str:
    return f"{first_name}.{last_name}@example.com".lower().replace("'", "").replace(" ", "")


def _category(name: str, lines: str) -> CategorySpec:
    services: list[list[str]] = []
    for line in lines.splitlines():
        if line.startswith(" "):
            services[-1].append(line.strip())
        else:
            services.append([line])
    return CategorySpec(name, tuple(_service(*service) for service in services))


def _service(line: str, *variants: str) -> ServiceSpec:
    key, name, minutes, price, description, *gone = line.split(";")
    return ServiceSpec(
        key,
        name,
        description,
        int(minutes),
        int(price),
        tuple(_variant(*variant.split(";")) for variant in variants),
        archived_min_ago=int(gone[0]) if gone else None,
    )


def _variant(name: str, minutes: str, price: str) -> VariantSpec:
    return VariantSpec(name, int(minutes), int(price))
