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
.slide {{min-height: 640px}}
.keys {{margin: 0 0 14px; color: {COLOURS["quiet"]}; display: flex; gap: 6px 28px; flex-wrap: wrap}}
.key {{display: inline-block; margin-right: 8px; vertical-align: -2px; box-sizing: border-box}}
.key.ours {{width: 32px; height: 14px; background: {COLOURS["strong"]}}}
.key.itself {{width: 4px; height: 20px; background: {COLOURS["ink"]}; vertical-align: -5px}}
.key.other {{width: 14px; height: 14px; border: 3px solid {COLOURS["bounced"]}; border-radius: 50%}}
.groups {{columns: 2; column-gap: 40px}}
table {{border-collapse: collapse; width: 100%}}
.bars {{break-inside: avoid; margin-bottom: 18px; font-variant-numeric: tabular-nums}}
.bars th, .bars td {{padding: 3px 0 3px 12px; text-align: right; font-weight: normal; white-space: nowrap}}
.bars th:first-child {{text-align: left; padding-left: 0}}
.bars thead th {{color: {COLOURS["quiet"]}; font-size: 14px; border-bottom: 1px solid {COLOURS["down"]}}}
.bars thead th:first-child {{color: {COLOURS["ink"]}; font-weight: bold; font-size: 16px}}
.bars .wide {{width: 45%}}
.bars .strong {{font-weight: bold}}
.bars .quiet {{color: {COLOURS["quiet"]}; font-size: 14px}}
.reached {{color: #007A59; display: inline-block; width: 16px; text-align: right}}
.scale {{position: relative; height: 16px; background: {COLOURS["faint"]}; margin-right: 8px}}
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
