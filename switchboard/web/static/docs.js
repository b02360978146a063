/**
 * The API page: reads /openapi.json and writes it out for people. Of OpenAPI it knows what web/openapi.py uses. Text only
 * ever becomes text; the little formatting that descriptions have (paragraphs, `code`) is made from elements.
 */
(() => {
  "use strict";

  const METHODS = ["get", "post"];

  // ── Small tools ─────────────────────────────────────────────────────────────────────────────────

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** Text with `code` in it, as nodes. */
  function inline(text) {
    return text.split(/(`[^`]+`)/).filter(Boolean)
      .map((part) => (/^`.+`$/.test(part) ? element("code", {}, part.slice(1, -1)) : part));
  }

  function paragraphs(text = "", kind = "") {
    return text.split(/\n\s*\n/).map((part) => part.trim()).filter(Boolean)
      .map((part) => element("p", { class: kind }, inline(part.replace(/\s*\n\s*/g, " "))));
  }

  /** A path that may break after its slashes only. */
  const pathCode = (path) => element("code", {}, path.split(/(?<=\/)/).flatMap((part) => [part, element("wbr")]));

  const anchor = (method, path) => `${method}-${path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "")}`;

  // ── Reading the description ─────────────────────────────────────────────────────────────────────

  /** The schema itself, where a reference stands for it, such as #/components/schemas/Message. */
  const resolve = (api, schema) => (schema?.$ref ? api.components.schemas[nameOf(schema)] : schema);

  const nameOf = (reference) => reference.$ref.split("/").pop();

  /** All calls: [{method, path, call}]. */
  function callsOf(api) {
    return Object.entries(api.paths).flatMap(([path, item]) =>
      METHODS.filter((each) => item[each]).map((method) => ({ method, path, call: item[method] })));
  }

  /** A schema's type in words: "string", "array of Message", "null or string". */
  function typeOf(schema) {
    if (schema.$ref) return nameOf(schema);
    if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
    if (schema.type === "array") return `array of ${typeOf(schema.items)}`;
    return (schema.type || "") + (schema.format ? ` (${schema.format})` : "");
  }

  /** An example, made from the schema. */
  function sample(api, reference) {
    const schema = resolve(api, reference);
    if ("default" in schema) return schema.default;
    if (schema.anyOf) return sample(api, schema.anyOf[0]);
    if (schema.type === "array") return [sample(api, schema.items)];
    if (schema.type === "object") {
      const fields = Object.entries(schema.properties || {});
      return Object.fromEntries(fields.map(([name, field]) => [name, sample(api, field)]));
    }
    return { string: "…", integer: 1, number: 0.5, boolean: true }[schema.type] ?? null;
  }

  // ── Writing it out ──────────────────────────────────────────────────────────────────────────────

  /** A table; a last column in which nothing stands is left out. */
  function table(heads, rows) {
    if (!rows.length) return [];
    if (rows.every((row) => !row[row.length - 1].length)) return table(heads.slice(0, -1), rows.map((row) => row.slice(0, -1)));
    const line = (cells, tag) => element("tr", {}, cells.map((cell) => element(tag, {}, ...[cell].flat())));
    return [element("table", {}, element("thead", {}, line(heads, "th")), element("tbody", {}, rows.map((row) => line(row, "td"))))];
  }

  function parameterTable(call) {
    const rows = (call.parameters || []).map((each) => [
      element("code", {}, each.name), `${each.in}${each.required ? ", required" : ""}`, typed(each.schema), inline(each.description || "")]);
    return rows.length ? [element("h4", {}, "Parameters"), ...table(["Name", "In", "Type", "Meaning"], rows)] : [];
  }

  function fieldTable(api, reference) {
    const schema = resolve(api, reference);
    const needed = new Set(schema.required || []);
    const rows = Object.entries(schema.properties || {}).map(([name, field]) => [
      element("code", {}, name), [...typed(field), needed.has(name) ? ", required" : ""], inline(field.description || "")]);
    return table(["Field", "Type", "Meaning"], rows);
  }

  /** A type in words; the names of the API's own types lead to their description below. */
  function typed(schema) {
    return typeOf(schema).split(/\b([A-Z]\w+)\b/).filter(Boolean)
      .map((part) => (/^[A-Z]\w+$/.test(part) ? element("a", { href: `#type-${part}` }, part) : part));
  }

  const shown = (value) => element("pre", { tabindex: "0" }, element("code", {},
    typeof value === "string" ? value : JSON.stringify(value, null, 2)));

  /** Media type and content of a body or an answer; nothing if it has none. */
  const contentOf = (part) => Object.entries(part?.content || {})[0] || [];

  function bodyOf(api, call) {
    const [type, media] = contentOf(call.requestBody);
    if (!media || !Object.keys(resolve(api, media.schema).properties || {}).length) return [];
    return [element("h4", {}, `Body (${type})`), ...fieldTable(api, media.schema)];
  }

  function answersOf(api, call) {
    const answers = Object.entries(call.responses);
    const rows = answers.map(([status, each]) => [element("code", {}, status), inline(each.description)]);
    const good = answers.find(([status]) => status.startsWith("2"));
    return [element("h4", {}, "Answers"), ...table(["Status", "Meaning"], rows), ...(good ? answerBody(api, good) : [])];
  }

  function answerBody(api, [status, answer]) {
    const [type, media] = contentOf(answer);
    const example = sample(api, media.schema);
    return [element("h4", {}, `Answer ${status} (${type})`), ...fieldTable(api, media.schema), ...(example === null ? [] : [shown(example)])];
  }

  /** The call as a curl line, to try at once. */
  function curl(api, { method, path, call }) {
    const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${location.origin}${path}`];
    if (call.security) lines.push("-H 'Authorization: Bearer TOKEN'");
    const [type, media] = contentOf(call.requestBody);
    if (media) lines.push(`-H 'Content-Type: ${type}'`, `-d '${JSON.stringify(sample(api, media.schema)).replaceAll("'", "'\\''")}'`);
    return lines.join(" \\\n  ");
  }

  const methodBadge = (method) => element("span", { class: `method ${method}` }, method.toUpperCase());

  function callSection(api, each) {
    const { method, path, call } = each;
    return element("section", { class: "call", id: anchor(method, path) },
      element("h3", {}, methodBadge(method), pathCode(path)),
      paragraphs(call.summary),
      parameterTable(call), bodyOf(api, call), answersOf(api, call),
      element("h4", {}, "Try it"), shown(curl(api, each)));
  }

  function typeSection(api, [name, schema]) {
    const note = (schema.description || "").replaceAll("\n", "\n\n");
    return element("section", { class: "call", id: `type-${name}` }, element("h3", {}, name),
      paragraphs(note, "about"), fieldTable(api, schema));
  }

  function typesOf(api) {
    const types = Object.entries(api.components.schemas).filter(([, schema]) => Object.keys(schema.properties || {}).length);
    return [element("h2", { id: "types" }, "Types"), ...types.map((each) => typeSection(api, each))];
  }

  function contentsLink({ method, path }) {
    return element("a", { href: `#${anchor(method, path)}` }, methodBadge(method), pathCode(path));
  }

  function write(api) {
    const calls = callsOf(api);
    document.title = `${api.info.title} · API`;
    document.getElementById("title").textContent = api.info.title;
    document.getElementById("about").replaceChildren(
      element("p", { class: "about" }, `Version ${api.info.version} · `, element("a", { href: "/openapi.json" }, "openapi.json")),
      ...paragraphs(api.info.description));
    document.getElementById("contents").replaceChildren(
      element("h2", {}, "Calls"), ...calls.map(contentsLink), element("h2", {}, element("a", { href: "#types" }, "Types")));
    document.getElementById("calls").replaceChildren(
      element("h2", {}, "Calls"), ...calls.map((each) => callSection(api, each)), ...typesOf(api));
  }

  async function start() {
    try {
      const response = await fetch("/openapi.json");
      if (!response.ok) throw new Error(`status ${response.status}`);
      write(await response.json());
    } catch (error) {
      document.getElementById("calls").replaceChildren(
        element("p", { role: "alert" }, `The description could not be read (${error.message}). Try again in a moment.`));
    }
    document.getElementById("main").removeAttribute("aria-busy");
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }

  start();
})();
