/// How a plan page looks: light, dark, narrow and on paper.
enum PlanStyle {
    static let text = """
        :root{--paper:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5a6675;--line:#e2e6eb;--hush:#f0f2f5;\
        --go:#12714a;--go-bg:#e6f5ee;--look:#8a5a00;--look-bg:#fff5dc;--stop:#b3261e;--stop-bg:#fdeceb;\
        --same:#aab4c0;--new:#2a9d6f;--changed:#3b78e7;--gone:#d4541c;--ask:#e0a800;--stuck:#9b3fc4;\
        --accent:#2455c4;--shadow:0 1px 2px rgba(20,30,45,.06),0 4px 14px rgba(20,30,45,.05)}
        @media (prefers-color-scheme:dark){:root{--paper:#10151c;--card:#18202a;--ink:#e8edf3;--soft:#9ba8b7;--line:#2a3542;\
        --hush:#202a36;--go:#5fd6a2;--go-bg:#12302a;--look:#f2c14e;--look-bg:#332a14;--stop:#ff8a80;--stop-bg:#3a1d1d;\
        --same:#566373;--new:#3fbf8a;--changed:#6a9cff;--gone:#f2804e;--ask:#e9bd3c;--stuck:#c07be0;--accent:#8ab0ff;\
        --shadow:none}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Noto Sans","DejaVu Sans",sans-serif}
        main{max-width:1040px;margin:0 auto;padding:28px 24px 64px}
        h1,h2,h3,p,ul{margin:0}
        h2{font-size:1.25rem;line-height:1.3;margin:40px 0 14px}
        h3{font-size:1.05rem;line-height:1.35}
        b{font-weight:650}
        small{color:var(--soft);font-weight:400;font-size:.85em}
        code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85rem}
        .sep{color:var(--soft);padding:0 .25em}
        .top{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:4px 20px;margin-bottom:18px}
        .brand{font-weight:700;letter-spacing:-.01em}.brand span{color:var(--soft);font-weight:400}
        .meta{color:var(--soft);font-size:.9rem}.meta b{color:var(--ink)}
        .hero{border-radius:14px;padding:28px 32px 26px;border:1px solid transparent}
        .hero.go{background:var(--go-bg);--tone:var(--go)}
        .hero.look{background:var(--look-bg);--tone:var(--look)}
        .hero.stop{background:var(--stop-bg);--tone:var(--stop)}
        .hero{border-color:color-mix(in srgb,var(--tone) 28%,transparent)}
        .question{color:var(--soft)}
        h1{font-size:2.3rem;line-height:1.15;letter-spacing:-.02em;color:var(--tone);display:flex;align-items:center;\
        gap:14px;margin:6px 0 4px}
        .mark{flex:none;width:44px;height:44px;border-radius:50%;background:var(--tone);color:var(--card);\
        display:grid;place-items:center;font-size:1.5rem;font-weight:700;line-height:1}
        .headline{font-size:1.15rem;font-weight:600}
        .sum{margin-top:10px}
        .hero ul{margin-top:14px;padding-left:20px}.hero li{margin:3px 0}.hero li::marker{color:var(--tone)}
        .know{margin-top:14px;color:var(--soft);font-size:.9rem;font-weight:600}
        .hero ul.notes{margin-top:2px}.notes{color:var(--soft)}
        .linkhead{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:0 20px;margin-top:40px}
        .linkhead h2{margin:0 0 6px}.linkhead p{color:var(--ink)}
        .kind{color:var(--soft);font-size:.85em}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:4px 0 10px;font-size:.85rem;\
        color:var(--soft)}
        .legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
        i.same{background:var(--same)}i.new{background:var(--new)}i.changed{background:var(--changed)}\
        i.gone{background:var(--gone)}i.ask{background:var(--ask)}i.stuck{background:var(--stuck)}
        .scroll{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow);\
        overflow-x:auto}
        table{border-collapse:collapse;width:100%}
        th{text-align:left;font-weight:600;vertical-align:top}
        td{vertical-align:top}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .numbers thead th{font-size:.8rem;color:var(--soft);font-weight:600;padding:12px 12px 8px;white-space:nowrap}
        .numbers tbody th,.numbers tbody td{padding:12px 12px 4px}
        .numbers tbody tr:not(.barrow){border-top:1px solid var(--line)}
        .numbers th small{display:block}
        .numbers .barrow td{padding:2px 12px 14px}
        .zero{color:var(--same)}
        .count{font-weight:600}.count.new{color:var(--new)}.count.changed{color:var(--changed)}.count.gone{color:var(--gone)}
        td.warn{color:var(--look);font-weight:700}td.bad{color:var(--stop);font-weight:700}
        .bar{display:flex;gap:2px;height:12px;border-radius:6px;overflow:hidden;background:var(--hush)}
        .bar i{min-width:5px;flex-basis:0}
        .bar i.none{font-size:.7rem;line-height:12px;padding-left:8px;color:var(--soft);font-style:normal}
        .finding{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--tone);border-radius:12px;\
        padding:18px 20px 20px;margin:0 0 16px;box-shadow:var(--shadow);break-inside:auto}
        .finding.bad{--tone:var(--stop)}.finding.warn{--tone:var(--ask)}.finding.know{--tone:var(--changed)}
        .finding p{margin-top:8px;max-width:74ch}
        .finding .where{margin-top:2px;color:var(--soft);font-size:.9rem}
        .how-many{display:inline-block;background:var(--hush);border-radius:999px;padding:1px 10px;font-size:.85rem;\
        font-weight:600;margin-left:6px;white-space:nowrap;vertical-align:1px}
        .todo{background:var(--hush);border-radius:8px;padding:9px 12px}
        .finding .code,.code{color:var(--soft);font-size:.85rem}
        .more{color:var(--soft);font-size:.85rem}
        .examples{display:grid;gap:10px;grid-template-columns:repeat(auto-fill,minmax(min(100%,430px),1fr))}
        .examples{margin-top:14px}
        .record{border:1px solid var(--line);border-radius:9px;overflow:hidden;break-inside:avoid;align-self:start;\
        min-width:0}
        .record .key{margin:0;padding:7px 12px;background:var(--hush);font-weight:600;font-size:.9rem;overflow-wrap:anywhere;\
        max-width:none}
        .record>p:not(.key){padding:0 12px 8px}
        .record table{font-size:.9rem;table-layout:fixed}
        .record th,.record td{padding:6px 12px;border-top:1px solid var(--line);overflow-wrap:anywhere}
        .record thead th{border-top:0;font-size:.8rem;color:var(--soft)}
        .record tbody th{font-weight:400;color:var(--soft)}
        .record thead+tbody th,.record thead th:first-child{width:30%}
        .record .group th{width:18%}
        .record td.wins{font-weight:600}.record td.loses{color:var(--soft);text-decoration:line-through;\
        text-decoration-color:color-mix(in srgb,var(--soft) 55%,transparent)}
        .record dl{margin:0;font-size:.9rem}
        .record dl div{display:grid;grid-template-columns:30% 1fr;gap:12px;padding:5px 12px;border-top:1px solid var(--line)}
        .record dl div:first-child{border-top:0}
        dt{color:var(--soft);overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere}
        .badge{display:inline-block;font-size:.72rem;font-weight:650;line-height:1.5;border-radius:999px;padding:0 8px;\
        background:color-mix(in srgb,var(--accent) 16%,transparent);color:var(--accent);text-decoration:none;white-space:nowrap}
        .badge.new{background:color-mix(in srgb,var(--new) 18%,transparent);color:var(--new)}
        .empty{color:var(--soft);font-style:italic}
        .values{max-width:520px;margin-top:10px;font-size:.95rem}
        .values th{font-weight:500;padding:4px 12px 4px 0;overflow-wrap:anywhere}.values td{padding:4px 12px 4px 0}
        .share{width:45%;vertical-align:middle}.share i{display:block;height:9px;border-radius:5px;background:var(--stuck)}
        .tally{list-style:none;padding:0;margin-top:8px;display:flex;flex-wrap:wrap;gap:4px 24px}
        .changes details{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 18px 18px;\
        margin-bottom:12px;box-shadow:var(--shadow)}
        .changes details:not([open]){padding-bottom:14px}
        summary{cursor:pointer}
        .exactly{margin-top:40px}
        pre{background:var(--card);border:1px solid var(--line);border-radius:9px;padding:12px 14px;margin:10px 0;\
        white-space:pre-wrap;overflow-wrap:anywhere}
        .digest{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
        footer{margin-top:48px;border-top:1px solid var(--line);padding-top:16px;color:var(--soft);font-size:.85rem;\
        display:grid;gap:6px}
        @media (max-width:640px){main{padding:18px 14px 40px}.hero{padding:20px 18px}h1{font-size:1.75rem;gap:10px}\
        .mark{width:36px;height:36px;font-size:1.2rem}
        .numbers thead{display:none}.numbers,.numbers tbody,.numbers tr,.numbers th,.numbers td{display:block;width:100%}
        .numbers tbody th{padding:14px 14px 4px}.numbers tbody td{padding:2px 14px;text-align:left;white-space:normal}
        .numbers td[data-name]{display:flex;justify-content:space-between;gap:16px}
        .numbers td[data-name]::before{content:attr(data-name);color:var(--soft);font-weight:400}
        .numbers .barrow td{padding:8px 14px 16px}.finding{padding:16px 15px}}
        @media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--hush:#f2f2f2;--shadow:none}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
        html{font-size:11.5px}body{font-size:1rem}main{max-width:none;padding:0}@page{margin:15mm 14mm}
        .scroll{overflow:visible}.numbers thead th{white-space:normal}.numbers th,.numbers td{padding-left:8px;\
        padding-right:8px}.hero{padding:18px 22px}h2{margin-top:26px}
        h2{break-after:avoid}h3,.where,summary{break-after:avoid}.numbers tr{break-inside:avoid}\
        .numbers tbody tr:not(.barrow){break-after:avoid}
        .examples{grid-template-columns:1fr 1fr}}
        """
}
