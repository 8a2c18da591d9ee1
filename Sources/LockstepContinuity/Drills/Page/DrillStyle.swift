/// How a drill's page looks: light, dark, narrow and on paper.
enum DrillStyle {
    static let text = """
        :root{--paper:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5a6675;--line:#e2e6eb;--hush:#f0f2f5;\
        --go:#12714a;--go-bg:#e6f5ee;--look:#8a5a00;--look-bg:#fff5dc;--stop:#b3261e;--stop-bg:#fdeceb;\
        --done:#3b78e7;--manual:#9b6fd0;--accent:#2455c4;--shadow:0 1px 2px rgba(20,30,45,.06),0 4px 14px rgba(20,30,45,.05)}
        @media (prefers-color-scheme:dark){:root{--paper:#10151c;--card:#18202a;--ink:#e8edf3;--soft:#9ba8b7;--line:#2a3542;\
        --hush:#202a36;--go:#5fd6a2;--go-bg:#12302a;--look:#f2c14e;--look-bg:#332a14;--stop:#ff8a80;--stop-bg:#3a1d1d;\
        --done:#6a9cff;--manual:#b794e6;--accent:#8ab0ff;--shadow:none}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Noto Sans","DejaVu Sans",sans-serif}
        main{max-width:1040px;margin:0 auto;padding:28px 24px 64px}
        h1,h2,h3,p,ul,figure,dl{margin:0}
        h2{font-size:1.25rem;line-height:1.3;margin:40px 0 14px}
        b{font-weight:650}
        small{color:var(--soft);font-weight:400;font-size:.85em}
        code,pre,.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.84rem}
        .sep{color:var(--soft);padding:0 .25em}
        .top{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:4px 20px;margin-bottom:18px}
        .brand{font-weight:700;letter-spacing:-.01em}.brand span{color:var(--soft);font-weight:400}
        .meta{color:var(--soft);font-size:.9rem}.card+.meta,pre+.meta,.legend+.meta{margin-top:8px}.meta b{color:var(--ink)}
        .hero{border-radius:14px;padding:28px 32px 26px;border:1px solid transparent}
        .hero.pass{background:var(--go-bg);--tone:var(--go)}
        .hero.pass-with-findings,.hero.inconclusive{background:var(--look-bg);--tone:var(--look)}
        .hero.fail{background:var(--stop-bg);--tone:var(--stop)}
        .hero{border-color:color-mix(in srgb,var(--tone) 28%,transparent)}
        .question{color:var(--soft)}
        h1{font-size:2.3rem;line-height:1.15;letter-spacing:-.02em;color:var(--tone);display:flex;align-items:center;\
        gap:14px;margin:6px 0 4px}
        .mark{flex:none;width:44px;height:44px;border-radius:50%;background:var(--tone);color:var(--card);\
        display:grid;place-items:center;font-size:1.5rem;font-weight:700;line-height:1}
        .headline{font-size:1.15rem;font-weight:600}
        .hero ul{margin-top:12px;padding-left:20px}.hero li{margin:3px 0}.hero li::marker{color:var(--tone)}
        .key{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin-top:16px}
        .key div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px;\
        box-shadow:var(--shadow)}
        .key dt{color:var(--soft);font-size:.82rem}.key dd{margin:2px 0 0;font-size:1.3rem;font-weight:650;line-height:1.25}
        .key dd small{display:block;font-size:.8rem}
        .limits{background:var(--hush);border-radius:12px;padding:14px 20px;margin-top:16px}
        .limits ul{padding-left:20px;margin-top:4px}.limits p{font-weight:600}
        .card{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow);\
        overflow-x:auto}
        .card.padded{padding:16px 18px}
        table{border-collapse:collapse;width:100%}
        th{text-align:left;font-weight:600;vertical-align:top}td{vertical-align:top}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        thead th{font-size:.8rem;color:var(--soft);padding:11px 12px 8px;white-space:nowrap}
        tbody th,tbody td{padding:8px 12px;border-top:1px solid var(--line);overflow-wrap:anywhere}
        tbody.rung tr:first-child>*{border-top:2px solid var(--line)}
        .level{color:var(--soft);font-weight:600;font-size:.85rem;white-space:nowrap}
        .ladder td.mono{max-width:290px}.ladder .why{color:var(--soft);font-size:.88rem}
        .ladder td:nth-child(3){white-space:nowrap}
        td.id{white-space:nowrap;word-break:normal;overflow-wrap:normal;color:var(--soft)}
        .ladder td.mono{min-width:130px}.time{white-space:nowrap;font-variant-numeric:tabular-nums}
        .measures tbody th{white-space:nowrap}.measures thead tr+tr th{white-space:normal}.measures thead tr+tr th{padding-top:0}
        .measures thead th[colspan]{padding-left:20px}.measures td:nth-child(6){padding-left:20px}
        .badge{display:inline-block;font-size:.76rem;font-weight:650;line-height:1.6;border-radius:999px;padding:0 9px;\
        white-space:nowrap;background:var(--hush);color:var(--soft)}
        .badge.pass,.badge.met,.badge.done{background:var(--go-bg);color:var(--go)}
        .badge.fail,.badge.breached,.badge.failed,.badge.major{background:var(--stop-bg);color:var(--stop)}
        .badge.skipped,.badge.not-measured,.badge.minor{background:var(--look-bg);color:var(--look)}
        .drawing{display:block;width:100%;height:auto;font-family:inherit}
        .drawing text{fill:var(--ink);font-size:12.5px}
        .drawing .tick{fill:var(--soft);font-size:11.5px}
        .drawing .took{fill:var(--soft);font-size:11.5px}
        .grid{stroke:var(--line);stroke-width:1}
        .bar.done{fill:var(--done)}.bar.manual{fill:var(--manual)}.bar.failed{fill:var(--stop)}
        .bar.skipped{fill:none;stroke:var(--soft);stroke-dasharray:3 2}
        .moment{stroke:var(--ink);stroke-width:1.5}.drawing .moment-name{font-weight:600}
        .promise{stroke:var(--look);stroke-width:1.5;stroke-dasharray:5 4}.drawing .promise-name{fill:var(--look);font-size:11.5px}
        .way{fill:none;stroke:var(--done);stroke-width:2}
        .point{stroke:var(--card);stroke-width:1.5}.point.good{fill:var(--go)}.point.bad{fill:var(--stop)}\
        .point.open{fill:var(--look)}
        .drawing .none{fill:var(--stop);font-size:15px;font-weight:700}.drawing .last{font-weight:650}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:8px 0 0;font-size:.85rem;\
        color:var(--soft)}
        .legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
        i.done{background:var(--done)}i.manual{background:var(--manual)}i.failed{background:var(--stop)}\
        i.skipped{border:1px dashed var(--soft)}i.bad{background:var(--stop)}i.good{background:var(--go)}i.open{background:var(--look)}
        .trend{display:grid;grid-template-columns:1fr 1fr;gap:14px}
        figcaption{font-weight:600;font-size:.95rem}
        .facts{display:grid;grid-template-columns:minmax(130px,max-content) 1fr;gap:6px 20px}
        .facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
        .sign{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:26px 34px}
        .sign div{padding-top:44px;border-bottom:0}
        .sign .rule{border-top:1px solid var(--ink);padding-top:5px}
        .sign small{display:block}
        pre{background:var(--card);border:1px solid var(--line);border-radius:9px;padding:12px 14px;margin:10px 0;\
        white-space:pre-wrap;overflow-wrap:anywhere}
        footer{margin-top:48px;border-top:1px solid var(--line);padding-top:16px;color:var(--soft);font-size:.85rem}
        @media (max-width:700px){main{padding:18px 14px 40px}.hero{padding:20px 18px}h1{font-size:1.75rem;gap:10px}\
        .trend{grid-template-columns:1fr}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:8px}\
        .drawing.wide,.card table{min-width:660px}.meta{overflow-wrap:normal}}
        @media print{.key{grid-template-columns:repeat(4,1fr)}:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--hush:#f2f2f2;--shadow:none;\
        --go:#12714a;--go-bg:#e6f5ee;--look:#8a5a00;--look-bg:#fff5dc;--stop:#b3261e;--stop-bg:#fdeceb;--done:#3b78e7;\
        --manual:#9b6fd0}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
        html{font-size:11.5px}body{font-size:1rem}main{max-width:none;padding:0}@page{margin:15mm 14mm}
        .card{overflow:visible}.hero{padding:18px 22px}h2{margin-top:26px;break-after:avoid}
        tr,.key,.limits,.sign div,figure,.hero,.padded{break-inside:avoid}thead{display:table-header-group}
        .drawing{break-inside:avoid}}
        """
}
