"""Real files, made by real programs: pandoc (its wheel carries the program), the libraries that people write
office files with, and LibreOffice where it is installed.

Every document is about tea: the heading `Brewing`, a line with other scripts, and a table of two columns.
"""

import base64
import email.policy
import io
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = [
    "LINE",
    "ROWS",
    "XLS",
    "by_libreoffice",
    "by_pandoc",
    "docx",
    "eml",
    "ods",
    "office_is_here",
    "pdf",
    "pptx",
    "xlsx",
]

LINE = "Grüße an die 猫 und привет"
ROWS = (("Name", "Price"), ("Green | white", "3"), ("Oolong", "4.5"))

_MARKDOWN = f"""---
title: Tea guide
author: Anna
lang: en
---

# Brewing

{LINE}. Read [the manual](https://example.org/manual) first.[^1]

- one kettle
- two cups
    - of glass

1. heat
2. pour

## Prices

| Name | Price |
|------|-------|
| Green \\| white | 3 |
| Oolong | 4.5 |

```python
def brew():
    return "tea"
```

[^1]: It is short.
"""


def _library(name: str) -> Any:
    """A library without types of its own."""
    return import_module(name)


@cache
def by_pandoc(to: str) -> bytes:
    """The guide in a format of pandoc's."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "guide")
        _library("pypandoc").convert_text(
            _MARKDOWN, to, format="markdown", outputfile=str(target), extra_args=["--standalone"]
        )
        return target.read_bytes()


def office_is_here() -> bool:
    """Whether LibreOffice is installed."""
    return shutil.which("soffice") is not None


@cache
def by_libreoffice(data: bytes, suffix: str, to: str) -> bytes:
    """A file that LibreOffice has opened and saved again as another."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source" + suffix)
        source.write_bytes(data)
        command = [
            "soffice",
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            to,
        ]
        subprocess.run(
            [*command, "--outdir", folder, str(source)], check=True, capture_output=True, timeout=120
        )
        return source.with_suffix("." + to.partition(":")[0]).read_bytes()


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    target = io.BytesIO()
    save(target)
    return target.getvalue()


def docx(*, heading_style: str = "Heading 1") -> bytes:
    """A document of python-docx: its table has merged cells, its headings may have a style of any name."""
    document = _library("docx").Document()
    document.core_properties.author = "Anna"
    if heading_style != "Heading 1":
        own = document.styles.add_style(heading_style, 1)
        level = document.styles["Heading 1"].element.pPr.find(_w("outlineLvl"))
        own.element.get_or_add_pPr().append(level.__copy__())
    document.add_paragraph("Tea guide", style="Title")
    document.add_paragraph("Brewing", style=heading_style)
    document.add_paragraph(LINE)
    for text in ("one kettle", "two cups"):
        document.add_paragraph(text, style="List Bullet")
    for text in ("heat", "pour"):
        document.add_paragraph(text, style="List Number")
    table = document.add_table(rows=0, cols=2)
    for row in ROWS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    merged = table.add_row().cells
    merged[0].merge(merged[1]).text = "both columns"
    return _saved(document.save)


def _w(name: str) -> str:
    return "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}" + name


def pptx() -> bytes:
    """Two slides of python-pptx, one with notes, one with a table."""
    presentation = _library("pptx").Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "Brewing"
    first.placeholders[1].text = f"{LINE}\none kettle"
    deeper = first.placeholders[1].text_frame.add_paragraph()
    deeper.text, deeper.level = "of glass", 1
    first.notes_slide.notes_text_frame.text = "Say it slowly."
    second = presentation.slides.add_slide(presentation.slide_layouts[5])
    second.shapes.title.text = "Prices"
    table = second.shapes.add_table(len(ROWS), 2, 0, 0, 5_000_000, 1_000_000).table
    for number, row in enumerate(ROWS):
        for column, text in enumerate(row):
            table.cell(number, column).text = text
    return _saved(presentation.save)


def xlsx() -> bytes:
    """A workbook of openpyxl with a date, a formula, a title row and a hidden sheet."""
    from datetime import date

    book = _library("openpyxl").Workbook()
    sheet = book.active
    sheet.title = "Brewing"
    sheet.append([LINE])
    sheet.append([])
    sheet.append(["Name", "Price", "Since"])
    sheet.append(["Green | white", 3, date(2024, 5, 1)])
    sheet.append(["Oolong", 4.5, True])
    hidden = book.create_sheet("Secret")
    hidden.append(["not", "shown"])
    hidden.sheet_state = "hidden"
    book.create_sheet("Empty")
    book.create_sheet("Second").append(["only", "one"])
    return _saved(book.save)


def ods() -> bytes:
    """A spreadsheet of odfdo."""
    odfdo = _library("odfdo")
    document = odfdo.Document("spreadsheet")
    document.body.clear()
    table = odfdo.Table("Brewing")
    for row in (*ROWS, (LINE, "x")):
        filled = odfdo.Row()
        filled.set_values(list(row))
        table.append_row(filled)
    document.body.append(table)
    return _saved(document.save)


def pdf(*, password: str | None = None, pages: int = 2) -> bytes:
    """Pages of reportlab with an outline, in two scripts; without pages, a drawing."""
    canvas_module = _library("reportlab.pdfgen.canvas")
    metrics = _library("reportlab.pdfbase.pdfmetrics")
    metrics.registerFont(_library("reportlab.pdfbase.ttfonts").TTFont("Vera", "Vera.ttf"))
    metrics.registerFont(_library("reportlab.pdfbase.cidfonts").UnicodeCIDFont("HeiseiMin-W3"))
    target = io.BytesIO()
    canvas = canvas_module.Canvas(target, encrypt=password)
    canvas.setTitle("Tea guide")
    canvas.setAuthor("Anna")
    for number in range(1, pages + 1):
        canvas.bookmarkPage(f"page {number}")
        canvas.addOutlineEntry(
            "Brewing" if number == 1 else f"Part {number}", f"page {number}", min(number - 1, 1)
        )
        canvas.setFont("Vera", 12)
        canvas.drawString(72, 780, "Before it")
        canvas.drawString(72, 760, "Brewing" if number == 1 else f"Part {number}")
        canvas.drawString(72, 740, f"Grüße von Seite {number}: a long word is bro-")
        canvas.drawString(72, 726, "ken here, and a well-known one is not.")
        canvas.setFont("HeiseiMin-W3", 12)
        canvas.drawString(72, 700, "吾輩は猫である")
        canvas.showPage()
    if not pages:
        canvas.rect(72, 72, 100, 100)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def eml(*attachments: tuple[str, str, bytes], html: bool = False) -> bytes:
    """A message of Python's own library."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Anna Müller <anna@example.org>"
    message["To"] = "bob@example.org"
    message["Date"] = "Wed, 01 May 2024 10:00:00 +0200"
    message["Message-ID"] = "<tea@example.org>"
    message["Subject"] = "Grüße über Tee"
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
    page = f"<h1>Brewing</h1><p>{LINE}</p><table>{rows}</table>"
    if html:
        message.set_content(page, subtype="html", charset="utf-8", cte="base64")
    else:
        message.set_content(f"{LINE}\n\nSee you = soon.", charset="utf-8", cte="quoted-printable")
        message.add_alternative(page, subtype="html")
    for name, media_type, data in attachments:
        kind, _, subtype = media_type.partition("/")
        message.add_attachment(data, maintype=kind, subtype=subtype, filename=name)
    return message.as_bytes()


# `xlsx()` as LibreOffice 7.4 saves it in the format of Excel 97, which no library that is kept up writes.
XLS = zlib.decompress(
    base64.b85decode(
        "c-rk)TWl0n82-=fbUWMYv{1zYbwq(eTLj9bDA1(^fkZ8_h(0utWjk#bwzHe<8ffBW5&L2w(U71IB!&bN5)&^m(FZlQ4<;mP^"
        "o1CW#=?^Z6IY`#B(&>y{yE!D>(+D^Fj4lOd~@df=bSnJ`7h`8)t5En=iaTqOta`g^3h}_Kz<KT0Oi??Nu(*>WG0izvNJ{cPt"
        "k-*r44o1uLO`bF9i%B0F)^kSE#f|{~vmcVtA5d(Jpe3CTN)Qp*!F)-v7;~&E!1m&6kS(7v8^|zvVpc1O6%g<-9NBzY?eds@)"
        "}kYJgf`0k9CLW1k?p6IcY?1=ItJfhE9FpaHlWuz-7jWx&0_eZX>H1+Wrm1Xcm7fhM3CXaUv$_XBHzb-;R{71*H0wn?QDTk!n"
        "=uV*fA8`AB?d2EUT2CV2Wp${uRmnLW1Uxr7#qmQv)TmgD0E`6gj6b)Pd7Im-;At7ZLg_CX*27Fb6pXziLX%)TAWgqc-8~Y$A"
        "NLHKj>nF7!kKh!)m+`v_Z$Te$n{S!34&L}3`})fq3W7>SCxs|V5jup~FoGKObWujx^ISv5h}gj;veu22u9(p`qD<^0n+~J&0"
        "6mTP=*E{rL)4&G(0Lh?yKTo#grW_44ZR`baTwIoGC0`N(%U=E0eGJN$XK3WAGIW3{-623&yTO=$*0?ne;&HarROHMetI^4)g"
        "1ihIryvR;0JQ@3GTr1=+peu8Zs%$$ka^vIIT(fIjv3UoGwU}a=I{8k~zp>F@mZ6f?NgQZXF5xXvFCsLEJPLGN%00ZHE(fas="
        "zZc!2$xb`8dp!?H@E+?_yBCFb;=geU^f7y@?;ZnpoFpsR3wEF9^>ETKQWRvjct)Z(M71u45I3AHc@PgyIKr)98zg0L~@xPTP"
        "Ks0iX6q=sKjcZo6(8U~gi<4^qmI-TJqtc;hVfRA=VjO+9RBF*CXvZxmkDRWIj7UIr9-lBFrsJH3s^^JN5E4310R=a{c8XB}A"
        "^S(qREYt3Y6SmRo?u2bS)-%@8fk@KEMA{XL#+-f(z=<VMZD=5N)IsZ*6CL)+#LhsbGWtb#m)5XR2TXfZok}$+xI0gqGv?_ED"
        "5)1R$vLft6=p&uEuBlQUfERN{uJ|5H2ufr(jll>97oBRzM5M!@%sg?n_a(8Fz-cvub688WBW?acjMG|x_y=B`y6K40Hh)|zJ"
        "}hK#i9!TiLry@?b%e&<0vucSspftmyBvP(kge3<hL}up_ytnZ+7QTQO!Je$1;=W%fZuU@g~>_+}#UtPUD=I$_dtIHm4!yQ#l"
        "{klz;pftBsFqR<Xv;d@5_oIy%>p@;|4QaR5|Pd8xG4BIGpgN$`$M4VadSpJ|`$Grh;PU)oTPE`NsJIY`iNx{>*Tw3%Z^r%@T"
        "VlWk=0+qGJH-|sGnL|fS&a_{AiCffn1A5qe8cz-0ayU5$k>x5FkwAX1lJ;$&7f!MlIEnW*+UJDupSkUlTkct+}$AZ)3wa8kp"
        "MJfugNJY^iw>qYb88H=@Wx=4=f@T30G;gj2X~v!CWX4zKp21B+bGKe@(L?gg`$#05hz-U1lGd(cVLNJV+1#=}bjXfIZ8m&Iq"
        "_3~-M$Z1iRd2yGnIX1rj{nm5$m_pd>l!fMe8r%qmG6Bcb^e;V8xTs1(hv8jdx9RNp8<7WkW_aDDRpmfQu)G96Yd>=Y!i#yPJ"
        "H-Sl+?X|rq1<2k1T)tZk_o0v*GWB_xom#UvjidUtBu7X0dttRgAy++FLv2-eeZ9N8NK|x2>jUj1Q|_45_;gS>C3~gPv`!)YX"
        "o7{D7Spio~3mI+FTrU9*mE72VAHKOX<A7|7K|>SR<+6i=Y{1RcRyTgq`HZ~1F^m*(mzlgGW<hRUp;ccR}xic=S4I9yQwKF=N"
        "8eA;XT_D;oF7e#UQD3s(bHQ)Qc&FZes-D`K_#50H|#J1lHFX&^NNKO*xq8K=HQ={s?BoF<|7`Qmq|4#G}W*Kbu!2INCD`5Ov"
        "feXd^U#7nRXLwr$"
    )
)
