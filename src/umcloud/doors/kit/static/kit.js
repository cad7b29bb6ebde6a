// What pages of the desks do beyond plain HTML. Everything works without it but live parts and charts.
"use strict";
(() => {
  const root = document.documentElement;
  const each = (selector, act, within = document) => within.querySelectorAll(selector).forEach(act);
  const proof = () => document.querySelector('meta[name="csrf"]').content;

  // HTMX sends the proof as a header.
  document.addEventListener("htmx:config:request", event => { event.detail.ctx.request.headers["X-CSRF-Token"] = proof(); });

  // A form is sent once; its button turns until the answer comes.
  document.addEventListener("submit", event => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.method === "get") { // what was left empty does not belong into the address
      const empty = [...form.elements].filter(field => field.name && !field.value);
      empty.forEach(field => { field.disabled = true; });
      setTimeout(() => empty.forEach(field => { field.disabled = false; }));
      return;
    }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    const button = event.submitter || form.querySelector('button[type="submit"]');
    if (button) { button.classList.add("k-busy"); button.setAttribute("aria-disabled", "true"); }
  });
  window.addEventListener("pageshow", () => each("form[data-sent]", form => {
    delete form.dataset.sent;
    each(".k-busy", button => { button.classList.remove("k-busy"); button.removeAttribute("aria-disabled"); }, form);
  }));

  // Menus close when one looks elsewhere.
  document.addEventListener("click", event => each("details.k-menu[open]", menu => {
    if (!menu.contains(event.target)) menu.open = false;
  }));
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") each("details.k-menu[open]", menu => { menu.open = false; menu.firstElementChild.focus(); });
  });

  // Queues by keyboard: j and k move, the letters on buttons press them.
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const pressed = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (pressed) { event.preventDefault(); pressed.click(); return; }
    if (event.key !== "j" && event.key !== "k") return;
    const links = [...document.querySelectorAll(".k-rowlink, [data-queue] a")];
    const place = links.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    if (links[place]) links[place].focus();
  });

  const counter = area => {
    const output = document.querySelector(`output[for="${area.id}"]`);
    output.hidden = false;
    const show = () => { output.textContent = `${[...area.value].length} / ${area.maxLength}`; };
    area.addEventListener("input", show);
    show();
  };

  const copier = button => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const words = button.querySelector("span"), before = words.textContent;
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      words.textContent = words.dataset.copied;
      setTimeout(() => { words.textContent = before; }, 2000);
    });
  };

  const needs = button => {
    const field = document.getElementById(button.dataset.needs);
    const check = () => { button.disabled = field.value.trim() !== field.dataset.expected; };
    field.addEventListener("input", check);
    check();
  };

  const suggestion = button => {
    button.parentElement.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.fill);
      field.value = button.dataset.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  };

  // Live parts: an event named x replaces what stands in [data-live-part="x"]. Nobody watches a
  // hidden tab, so its connection is closed, and opened again when somebody looks.
  const live = region => {
    let source = null, over = false;
    const hear = () => {
      source = new EventSource(region.dataset.live);
      each("[data-live-part]", part => source.addEventListener(part.dataset.livePart, event => {
        part.innerHTML = event.data;
        prepare(part);
        if (window.htmx) window.htmx.process(part);
      }), region);
      source.addEventListener("end", () => { over = true; source.close(); });
    };
    const attend = () => {
      if (over) return;
      if (source) source.close();
      source = null;
      if (document.visibilityState === "visible") hear();
    };
    document.addEventListener("visibilitychange", attend);
    window.addEventListener("pagehide", () => { if (source) source.close(); });
    window.addEventListener("pageshow", event => { if (event.persisted) attend(); });
    attend();
  };

  // Charts: ECharts is fetched only where a page has one.
  let library;
  const echarts = () => library ||= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = root.dataset.echarts;
    script.onload = () => done(window.echarts);
    script.onerror = failed;
    document.head.append(script);
  });
  const colour = name => getComputedStyle(root).getPropertyValue(name).trim();
  const palette = () => [colour("--k-accent-ink"), "#0f9aa8", "#c2711c", "#7a55c7", "#c04372", "#5b7d1f"];

  const options = data => {
    const quiet = colour("--k-quiet"), line = colour("--k-line");
    const bars = data.kind !== "line", paint = palette();
    return {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      color: paint,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 16, top: data.series.length > 1 ? 40 : 16, bottom: 4, containLabel: true },
      legend: data.series.length > 1 ? { top: 0, left: 0, textStyle: { color: quiet }, icon: "roundRect", itemHeight: 8 } : undefined,
      tooltip: {
        trigger: "axis", confine: true, backgroundColor: colour("--k-panel"), borderColor: line,
        textStyle: { color: colour("--k-ink") },
        valueFormatter: value => value == null ? "—" : data.unit === "¥" ? `¥${value.toLocaleString("en-US")}` : `${value.toLocaleString("en-US")} ${data.unit}`.trim(),
      },
      xAxis: { type: "category", data: data.labels, boundaryGap: bars, axisLine: { lineStyle: { color: line } },
        axisTick: { show: false }, axisLabel: { color: quiet, hideOverlap: true } },
      yAxis: { type: "value", minInterval: data.whole ? 1 : 0,
        splitLine: { lineStyle: { color: line } }, axisLabel: { color: quiet } },
      series: data.series.map((one, place) => ({
        name: one.name, data: one.values, type: bars ? "bar" : "line", stack: data.kind === "stacked" ? "all" : undefined,
        color: one.tone ? colour(`--k-${one.tone}`) : paint[place % paint.length],
        showSymbol: one.values.length < 2, lineStyle: { width: 2 }, barMaxWidth: 28,
      })),
    };
  };

  const drawn = [];
  const draw = async figure => {
    const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const charts = await echarts();
    figure.classList.add("k-drawn");
    const chart = charts.init(figure.querySelector(".k-canvas"));
    chart.setOption(options(data));
    new ResizeObserver(() => chart.resize()).observe(figure);
    for (let place = drawn.length - 1; place >= 0; place--) { // those that live parts replaced
      if (!drawn[place][2].isConnected) drawn.splice(place, 1)[0][0].dispose();
    }
    drawn.push([chart, data, figure]);
  };

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", event => {
    root.dataset.bsTheme = event.matches ? "dark" : "light";
    drawn.forEach(([chart, data]) => chart.setOption(options(data)));
  });

  const prepare = within => {
    each("textarea[data-counted]", counter, within);
    each("[data-copy]", copier, within);
    each("[data-needs]", needs, within);
    each("[data-fill]", suggestion, within);
    each("[data-live]", live, within);
    each("[data-chart]", draw, within);
    each("form[data-autosubmit] select, form[data-autosubmit] input[type=date]", field =>
      field.addEventListener("change", () => field.form.requestSubmit()), within);
  };
  prepare(document);
  document.querySelector("[data-focus]")?.focus();
})();
