"""Without this file the page would be unreadable in the dark and on paper: its colours, type and page breaks."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b2430;--soft:#55616f;--line:#d8dee6;--paper:#fff;--panel:#f5f7f9;
--late:#b3261e;--warn:#9a5b00;--good:#0b6b5d;--settled:#0b5d57;--enforce:#259486;--retire:#083f3b;
--relaxed:#d98a1f;--enrol:#6ca3d4;--rehearse:#8f9fd6;--planned:#b6c0cc;--none:#e4e8ed}
@media (prefers-color-scheme:dark){:root{--ink:#e5e9ee;--soft:#a3afbc;--line:#303945;--paper:#13171c;
--panel:#1a2027;--late:#ff8a7d;--warn:#f0b35a;--good:#63d0bf;--settled:#5cc9b8;--enforce:#2f9c8d;
--retire:#9be6da;--relaxed:#d9942f;--enrol:#5b93c6;--rehearse:#7d8ccb;--planned:#5c6876;--none:#2c343e}}
@page{size:A4;margin:15mm 14mm 17mm;
@bottom-right{content:counter(page) " / " counter(pages);font:8pt sans-serif;color:#55616f}}
@media print{:root{color-scheme:light;--ink:#1b2430;--soft:#55616f;--line:#d8dee6;--paper:#fff;
--panel:#f5f7f9;--late:#b3261e;--warn:#9a5b00;--good:#0b6b5d;--settled:#0b5d57;--enforce:#259486;
--retire:#083f3b;--relaxed:#d98a1f;--enrol:#6ca3d4;--rehearse:#8f9fd6;--planned:#b6c0cc;--none:#e4e8ed}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;
-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,header,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:1.65rem;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:2.4rem 0 .5rem;padding-top:.55rem;border-top:2px solid var(--ink)}
section:first-child h2{margin-top:1.2rem}
h3{font-size:.95rem;margin:1.3rem 0 .35rem}
p{margin:.35rem 0 .7rem;max-width:46rem}
code{font:.9em ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.soft,figcaption,small{color:var(--soft)}
small{display:block;font-size:.82em;line-height:1.35}
.verdict{border-left:6px solid var(--good);background:var(--panel);padding:.8rem 1.1rem;border-radius:0 6px 6px 0}
.verdict strong{display:block;font-size:1.35rem;line-height:1.3}
.verdict ul{margin:.35rem 0 0;padding-left:1.1rem}
.verdict.late,.verdict.no-plan{border-color:var(--late)}
.verdict.part,.verdict.behind{border-color:var(--relaxed)}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:1rem 0 0;padding:0}
.figures+.wide{margin-top:1.1rem}
.figures div{background:var(--panel);border-radius:6px;padding:.6rem .85rem}
.figures dt{color:var(--soft);font-size:.82rem}
.figures dd{margin:0;font-size:1.55rem;font-weight:650;line-height:1.25}
.figures dd small{font-weight:400;font-size:.8rem}
figure{margin:1rem 0;break-inside:avoid}
figcaption{font-size:.85rem;margin-bottom:.3rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem;margin:.8rem 0}
.card{margin:0;border:1px solid var(--line);border-radius:8px;padding:.75rem .9rem;break-inside:avoid}
.card figcaption{display:flex;justify-content:space-between;gap:1rem;font-size:.95rem;color:var(--ink)}
.card figcaption span{color:var(--soft)}.card p{margin:.1rem 0 .5rem;font-size:.86rem}
.card ul{margin:.5rem 0 0;padding-left:1rem;font-size:.8rem;line-height:1.4}
.wide{overflow-x:auto}
svg{display:block;width:100%;height:auto;font:11px system-ui,"Segoe UI",Roboto,Arial,sans-serif}
.wide>svg{min-width:40rem}
svg text{fill:var(--ink)}svg .soft{fill:var(--soft)}
.grid{stroke:var(--line)}.today{stroke:var(--ink);stroke-width:1.5}
.finish{stroke:var(--late);stroke-width:2}svg text.finish{fill:var(--late);stroke:none;font-weight:650}
svg text.today{stroke:none;font-weight:650}
.slip{stroke:var(--late);stroke-width:2;stroke-dasharray:3 3}
.settled{fill:var(--settled)}.enforce{fill:var(--enforce)}.retire{fill:var(--retire)}
.relaxed{fill:var(--relaxed)}.enrol{fill:var(--enrol)}.rehearse{fill:var(--rehearse)}
.planned{fill:var(--planned)}.none{fill:var(--none)}.ahead{fill-opacity:.28}
.band{fill:var(--enforce);fill-opacity:.2}.likely{fill:none;stroke:var(--enforce);stroke-width:2}
.likely-dot{fill:var(--paper);stroke:var(--enforce);stroke-width:2}svg .strong{font-weight:650}
svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.limit{fill:none;stroke:var(--ink);stroke-width:1.5;stroke-dasharray:5 3}.over{fill:var(--late)}
.renewal{fill:var(--paper);stroke:var(--ink);stroke-width:1.25}
.edge{fill:none;stroke:var(--soft);stroke-width:.75}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.5rem 0 0;padding:0;font-size:.85rem}
.key svg,.swatch svg{display:inline-block;width:.8em;height:.8em;min-width:0;margin-right:.4em}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.86rem;line-height:1.35;margin:.4rem 0 .9rem}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
th,td{text-align:left;vertical-align:top;padding:.32rem .45rem .32rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom;border-bottom-color:var(--soft)}
tbody th{font-weight:600}tbody th small{font-weight:400;max-width:14rem}
.n{text-align:right;padding-right:.8rem}
.day{white-space:nowrap}
.late-text{color:var(--late);font-weight:600}.warn-text{color:var(--warn);font-weight:600}
.good-text{color:var(--good);font-weight:600}
.bar{display:flex;align-items:center;gap:.4rem;white-space:nowrap}.bar svg{width:2.6rem;height:.5rem}
.exception{border:1px solid var(--line);border-radius:8px;padding:.4rem 1rem .5rem;margin:0 0 1rem;break-inside:avoid}
.exception h3{margin:.35rem 0 .4rem;font-size:1rem}.exception h3 span{display:block;font-weight:400;color:var(--soft);
font-size:.85rem}
.exception dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.2rem 0 .6rem;font-size:.88rem}
.exception dt{color:var(--soft)}.exception dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:2.6rem;padding-bottom:2.5rem}
footer h2{font-size:1.05rem}
footer dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.4rem 0}
footer dt{color:var(--soft)}footer dd{margin:0}
footer ul{padding-left:1.1rem;margin:.3rem 0}
@media screen{td:last-child{min-width:6rem}}
@media screen and (max-width:44rem){.figures{grid-template-columns:repeat(2,1fr)}.wide table:not(.slim){min-width:46rem}
tbody th{position:sticky;left:0;background:var(--paper)}
tbody th,tbody th .day{white-space:normal;max-width:8rem}}
@media print{html{font-size:12.5px}body{font-size:9.5pt}main,header,footer{max-width:none;padding:0}
.figures{grid-template-columns:repeat(4,1fr)}.wide{overflow:visible}.wide>svg{min-width:0}
table{font-size:8pt}th,td{padding-right:.42rem}.n{padding-right:.6rem}
h2,h3,caption,figcaption{break-after:avoid}thead{display:table-header-group}
table.short,tr,.verdict,.figures,li{break-inside:avoid}p{orphans:3;widows:3}}
"""
