"""How the page of agreement looks: fit for a slide at the top, for reading below, and for print."""

from __future__ import annotations

from mailsim.plots.style import COLOURS

__all__ = ["STYLE"]

#: the style sheet of the page; colours as in all pictures, and each mark has a shape of its own
STYLE = f"""
:root {{color: {COLOURS["ink"]}; background: #fff; font: 16px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif}}
body {{margin: 0 auto; max-width: 1216px; padding: 24px 32px 48px}}
h1 {{font-size: 32px; line-height: 1.2; margin: 0 0 6px}}
h2 {{font-size: 22px; margin: 40px 0 8px}}
.lead {{font-size: 19px; margin: 0 0 12px}}
.slide {{min-height: 690px}}
.keys {{margin: 0 0 14px; color: {COLOURS["quiet"]}; display: flex; gap: 6px 36px; flex-wrap: wrap; align-items: center; font-size: 18px}}
.keys span {{display: flex; align-items: center; gap: 10px}}
.keys i {{display: block; box-sizing: border-box}}
.keys .ours {{width: 36px; height: 16px; background: {COLOURS["strong"]}}}
.keys .itself {{width: 4px; height: 22px; background: {COLOURS["ink"]}}}
.keys .other {{width: 14px; height: 14px; border: 3px solid {COLOURS["bounced"]}; border-radius: 50%}}
.note {{break-inside: avoid; margin: 6px 0 0; color: {COLOURS["quiet"]}; font-size: 17px}}
.groups {{columns: 2; column-gap: 40px}}
table {{border-collapse: collapse; width: 100%}}
.bars {{break-inside: avoid; margin-bottom: 18px; font-variant-numeric: tabular-nums; table-layout: fixed; font-size: 18px}}
.bars th, .bars td {{padding: 3px 0; text-align: right; font-weight: normal; white-space: nowrap}}
.bars th, .bars td {{overflow: hidden; text-overflow: ellipsis}}
.bars th:first-child {{text-align: left}}
.bars td:nth-child(2) {{overflow: visible; padding: 0 8px}}
.bars thead th {{color: {COLOURS["quiet"]}; font-size: 15px; border-bottom: 1px solid {COLOURS["down"]}}}
.bars thead th:first-child {{color: {COLOURS["ink"]}; font-weight: bold; font-size: 18px; overflow: visible}}
.bars .name {{width: 21%}}
.bars .figure {{width: 15%}}
.bars .words {{width: 23%}}
.bars .strong {{font-weight: bold}}
.bars .quiet {{color: {COLOURS["quiet"]}; font-size: 15px}}
.reached {{color: #007A59; display: inline-block; width: 16px; text-align: right}}
.scale {{position: relative; height: 16px; background: {COLOURS["faint"]}; }}
.scale span {{position: absolute; box-sizing: border-box}}
.scale .ours {{left: 0; top: 0; bottom: 0; background: {COLOURS["strong"]}}}
.scale .itself {{top: -3px; bottom: -3px; width: 4px; margin-left: -2px; background: {COLOURS["ink"]}; outline: 1px solid #fff}}
.scale .other {{top: 1px; width: 14px; height: 14px; margin-left: -7px; border: 3px solid {COLOURS["bounced"]}; border-radius: 50%;
  background: #fff}}
dl {{display: grid; grid-template-columns: 12em 1fr; gap: 8px 20px; margin: 0}}
dt {{font-weight: bold}}
dd {{margin: 0; max-width: 62em}}
details {{border-top: 1px solid {COLOURS["faint"]}; padding: 6px 0}}
summary {{cursor: pointer; font-weight: bold}}
.cases {{font-size: 14px; margin: 8px 0}}
.cases th, .cases td {{text-align: left; vertical-align: top; padding: 4px 16px 4px 0; border-top: 1px solid {COLOURS["faint"]}}}
.cases tbody th {{font-weight: normal; overflow-wrap: anywhere; min-width: 11em}}
.cases td {{white-space: nowrap}}
.cases td:last-child {{white-space: normal; overflow-wrap: anywhere; width: 60%}}
.names {{columns: 15em; font-size: 14px; margin: 4px 0 12px; padding-left: 18px}}
@media (max-width: 900px) {{.groups {{columns: 1}} dl {{grid-template-columns: 1fr}}}}
@media print {{details > :not(summary) {{display: block}} .slide {{break-after: page; min-height: 0}}}}
"""
