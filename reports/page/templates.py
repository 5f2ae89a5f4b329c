"""How a page is made of a template: names from outside are escaped, a missing value is an error."""

import jinja2

from reports import words


def fill(template: str, page: object) -> str:
    """The HTML that a template makes of a page; besides the page, it reads only `words`.

    Args:
        template: the name of its file in this package.
        page: what the template calls `page`.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["words"] = words
    return environment.get_template(template).render(page=page)
