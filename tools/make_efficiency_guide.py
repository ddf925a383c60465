"""docs/efficiency-guide.md: which efficiency to give, from data/efficiencies and data/software."""

from __future__ import annotations

import json

from page import asked, cited, fragment, made_by, table

head = """
# Efficiency guide

Every answer takes one number that no data sheet has: the share of the peak that kernels reach, `efficiency` or
eta. It is 0.5 unless you give another. This page has what sources advise and what they report; the sources do not
agree, and are not made to. [Wall 3](walls/efficiency.md) computes an eta from a software stack.

Three rules:

- **Eta scales arithmetic only.** Where memory or fixed time binds, it changes nothing. `bandwidth_efficiency` is
  the memory's.
- **MFU is an outcome, eta an input.** MFU is the work over the peak and the whole time, waiting included. They are
  close where arithmetic binds, and far apart where it does not: the low figures for decoding below are such
  outcomes. Give 0.5 there too, and read the MFU off the answer.
- **Measure, if you can.** One measurement gives the eta that explains it, with an interval:

```console
$ mlsysim calibrate llama-3-8b h100 --batch-size 512 --measured token_throughput=24000 | head -n 2
```

"""

factors_head = """
## The twelve factors

An eta is a product: what each factor leaves of the peak. The figures are estimates, with their ranges, and 1 means
that nothing is lost. `mlsysim zoo tuned-device` says on what each rests.

"""

#: What the guides are, by what their names begin with; the others are reported results.
advised = ("decode-", "prefill-", "training-", "tinyml-", "sheet-")


def percent(figure: dict | None) -> str:
    return f"{100 * figure['value']:.3g} %" if figure else ""


def guides() -> str:
    entries = json.loads(asked("efficiency", "-o", "json"))
    text = ""
    for title, wanted, words in (
        ("Advised", True, "Ranges for a kind of work. `--efficiency` takes the number, not the name."),
        (
            "Reported",
            False,
            "What published systems reached. Most count useful operations over the whole step (MFU).",
        ),
    ):
        rows = []
        for entry in entries:
            if entry["id"].startswith(advised) != wanted:
                continue
            figures = entry["figures"]
            where = "; ".join(dict.fromkeys(f"{cited(f['source'])}: {f['where']}" for f in figures.values()))
            rows.append(
                [
                    f"{entry['name']}<br>`{entry['id']}`",
                    *(percent(figures.get(n)) for n in ("low", "typical", "high")),
                    where,
                ]
            )
        text += f"## {title}\n\n{words}\n\n" + table(["", "low", "typical", "high", "source"], rows) + "\n"
    return text.rstrip() + "\n"


def left(stack: dict) -> str:
    ends = stack.get("range")
    return f"{stack['value']:.2g}" + (f" ({ends[0]:.2g} to {ends[1]:.2g})" if ends else "")


def factors() -> str:
    all_of_them = json.loads(asked("efficiency", "--explain", "-o", "json"))["factors"]
    stacks = list(all_of_them[0]["stacks"])
    rows = [
        [f"`{one['name']}`", one["doc"], *(left(one["stacks"][stack]) for stack in stacks)]
        for one in all_of_them
    ]
    return factors_head + table(["factor", "", *(f"`{stack}`" for stack in stacks)], rows)


def efficiency_guide_page() -> str:
    return made_by.format("data/efficiencies and data/software") + fragment(head) + guides() + factors()
