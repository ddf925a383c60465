"""A number that knows where it comes from."""

from __future__ import annotations


class TraceableConstant(float):
    """A float with ``name``, ``description``, ``citation`` and ``url`` (None where there is none)."""

    name: str
    description: str
    citation: str
    url: str | None

    def __new__(cls, value: float, name: str = "", description: str = "", citation: str = "", url: str | None = None):
        self = super().__new__(cls, value)
        self.name, self.description, self.citation, self.url = name, description, citation, url
        return self

    def __getnewargs__(self):
        return float(self), self.name, self.description, self.citation, self.url

    def render_markdown(self) -> str:
        """Its name and value in bold, what it is, and where it is from."""
        source = f"[{self.citation}]({self.url})" if self.url else self.citation
        lines = [f"**{self.name}** = {float(self):g}", self.description, source and f"Source: {source}"]
        return "\n\n".join(line for line in lines if line)
