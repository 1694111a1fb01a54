"""Without this file the page would be unreadable in the dark and on paper: its colours, type and page breaks."""

_LIGHT = """--ink:#1b2430;--soft:#55616f;--line:#d8dee6;--paper:#fff;--panel:#f5f7f9;--ready:#0b6b5d;
--one-prompt-away:#6ca3d4;--needs-key:#e0b43f;--needs-supervision:#b3622a;--blocked:#8b95a1;--unknown:#b3261e"""
_DARK = """--ink:#e5e9ee;--soft:#a3afbc;--line:#303945;--paper:#13171c;--panel:#1a2027;--ready:#3fae9c;
--one-prompt-away:#5b93c6;--needs-key:#d9ac3a;--needs-supervision:#c9763b;--blocked:#6d7885;--unknown:#ff8a7d"""
STYLE = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
@page{{size:A4;margin:15mm 14mm 17mm;
@bottom-right{{content:counter(page) " / " counter(pages);font:8pt sans-serif;color:#55616f}}}}
@page names{{size:A4 landscape}}
@media print{{:root{{color-scheme:light;{_LIGHT}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;
-webkit-print-color-adjust:exact;print-color-adjust:exact}}
main,header,footer{{max-width:62rem;margin:0 auto;padding:0 1.25rem}}
header{{padding-top:2rem}}
h1{{font-size:1.65rem;line-height:1.2;margin:0;letter-spacing:-.01em}}
h2{{font-size:1.2rem;margin:2.4rem 0 .5rem;padding-top:.55rem;border-top:2px solid var(--ink)}}
section:first-child h2{{margin-top:1.2rem}}
p{{margin:.35rem 0 .7rem;max-width:46rem}}
.soft,figcaption,caption{{color:var(--soft)}}
.verdict{{border-left:6px solid var(--ready);background:var(--panel);padding:.8rem 1.1rem;border-radius:0 6px 6px 0}}
.verdict strong{{display:block;font-size:1.35rem;line-height:1.3}}
.verdict.open{{border-color:var(--needs-key)}}.verdict.unsure{{border-color:var(--unknown)}}
.figures{{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:1rem 0 0;padding:0}}
.figures div{{background:var(--panel);border-radius:6px;padding:.6rem .85rem}}
.figures dt{{color:var(--soft);font-size:.82rem}}
.figures dd{{margin:0;font-size:1.55rem;font-weight:650;line-height:1.25}}
.figures small{{display:block;color:var(--soft);font-weight:400;font-size:.8rem;line-height:1.35}}
figure{{margin:1rem 0;break-inside:avoid}}
figcaption{{font-size:.85rem;margin-bottom:.3rem}}
.wide{{overflow-x:auto}}
svg{{display:block;width:100%;height:auto;font:11px system-ui,"Segoe UI",Roboto,Arial,sans-serif}}
.wide>svg{{min-width:40rem}}
svg text{{fill:var(--ink)}}svg .soft{{fill:var(--soft)}}
.ready{{fill:var(--ready)}}.one-prompt-away{{fill:var(--one-prompt-away)}}.needs-key{{fill:var(--needs-key)}}
.needs-supervision{{fill:var(--needs-supervision)}}.blocked{{fill:var(--blocked)}}
.unknown{{fill:url(#unknown);stroke:var(--unknown);stroke-width:.75}}
.stripe{{stroke:var(--unknown);stroke-width:2}}
.key{{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.5rem 0 0;padding:0;font-size:.85rem}}
.key svg,th svg{{display:inline-block;width:.8em;height:.8em;margin-right:.4em}}
table{{border-collapse:collapse;width:100%;font-size:.86rem;line-height:1.35;margin:.4rem 0 .9rem}}
caption{{text-align:left;padding-bottom:.3rem}}
th,td{{text-align:left;vertical-align:top;padding:.32rem .9rem .32rem 0;border-bottom:1px solid var(--line);
overflow-wrap:break-word;unicode-bidi:isolate}}
thead th{{color:var(--soft);font-weight:600;vertical-align:bottom;border-bottom-color:var(--soft)}}
tbody th{{font-weight:600}}
.n{{text-align:right}}td.n{{white-space:nowrap}}
code{{font:.9em ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace}}
.names table{{font-size:.8rem}}.names td,.names tbody th{{overflow-wrap:anywhere;min-width:4.5rem;font-weight:400}}
footer{{margin-top:2.6rem;padding-bottom:2.5rem}}footer h2{{font-size:1.05rem}}
ul{{padding-left:1.1rem;margin:.3rem 0}}
@media (max-width:44rem){{.figures{{grid-template-columns:repeat(2,1fr)}}}}
@media print{{html{{font-size:12.5px}}body{{font-size:9.5pt}}main,header,footer{{max-width:none;padding:0}}
.figures{{grid-template-columns:repeat(4,1fr)}}.wide{{overflow:visible}}.wide>svg{{min-width:0}}
table{{font-size:8pt}}th,td{{padding-right:.5rem}}.names{{break-before:page;page:names}}.names table{{font-size:6.5pt}}
.names td,.names tbody th{{min-width:5.5em}}
h2,caption,figcaption{{break-after:avoid}}thead{{display:table-header-group}}
table.short,tr,.verdict,.figures,li{{break-inside:avoid}}p{{orphans:3;widows:3}}}}
"""
