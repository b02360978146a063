/**
 * The API page: reads /openapi.json and writes it out for people. Text only ever becomes text; the little
 * formatting that descriptions have (paragraphs, `code`) is made from elements.
 */
(() => {
  "use strict";

  const METHODS = ["get", "post", "put", "patch", "delete"];

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

  /** Follows a local reference, such as #/components/schemas/Message. */
  function resolve(api, part) {
    const steps = part?.$ref?.slice(2).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    return steps ? resolve(api, steps.reduce((found, step) => found?.[step], api)) : part;
  }

  /** The calls by their first tag: Map of tag → [{method, path, call}]. */
  function callsByTag(api) {
    const groups = new Map();
    for (const [path, item] of Object.entries(api.paths || {})) {
      for (const method of METHODS.filter((each) => item[each])) {
        const call = { ...item[method], parameters: [...(item.parameters || []), ...(item[method].parameters || [])] };
        const tag = call.tags?.[0] || "Calls";
        groups.set(tag, [...(groups.get(tag) || []), { method, path, call }]);
      }
    }
    return groups;
  }

  /** A schema's type in words: "string", "array of Message", "one of …", "null or string". */
  function typeOf(schema) {
    if (!schema) return "";
    if (schema.$ref) return schema.$ref.split("/").pop();
    const choices = schema.oneOf || schema.anyOf;
    if (choices) return choices.map(typeOf).join(" or ");
    if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(", ");
    if ("const" in schema) return JSON.stringify(schema.const);
    if (schema.type === "array") return `array of ${typeOf(schema.items)}`;
    return [schema.type].flat().filter(Boolean).join(" or ") + (schema.format ? ` (${schema.format})` : "");
  }

  /** The description's own example, or one made from the schema. */
  function exampleOf(api, media) {
    if (media.example !== undefined) return media.example;
    const first = Object.values(media.examples || {})[0];
    return first ? resolve(api, first).value : sample(api, media.schema);
  }

  function sample(api, reference, depth = 0) {
    const schema = resolve(api, reference);
    if (!schema || depth > 6) return null;
    for (const given of ["example", "const", "default"]) if (given in schema) return schema[given];
    if (schema.examples?.length) return schema.examples[0];
    if (schema.enum) return schema.enum[0];
    const choice = schema.oneOf || schema.anyOf;
    if (choice) return sample(api, choice[0], depth + 1);
    if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => sample(api, each, depth + 1)));
    return plainSample(api, schema, depth);
  }

  function plainSample(api, schema, depth) {
    const type = [schema.type].flat()[0] || (schema.properties ? "object" : "");
    if (type === "array") return [sample(api, schema.items, depth + 1)];
    if (type === "object") {
      const fields = Object.entries(schema.properties || {});
      return Object.fromEntries(fields.map(([name, field]) => [name, sample(api, field, depth + 1)]));
    }
    return { string: "…", integer: 1, number: 0.5, boolean: true }[type] ?? null;
  }

  // ── Writing it out ──────────────────────────────────────────────────────────────────────────────

  /** A table; a last column in which nothing stands is left out. */
  function table(heads, rows) {
    if (!rows.length) return [];
    if (rows.every((row) => !row[row.length - 1].length)) return table(heads.slice(0, -1), rows.map((row) => row.slice(0, -1)));
    const line = (cells, tag) => element("tr", {}, cells.map((cell) => element(tag, {}, ...[cell].flat())));
    return [element("table", {}, element("thead", {}, line(heads, "th")), element("tbody", {}, rows.map((row) => line(row, "td"))))];
  }

  function parameterTable(api, call) {
    const rows = call.parameters.map((each) => resolve(api, each)).map((each) => [
      element("code", {}, each.name), `${each.in}${each.required ? ", required" : ""}`, typed(each.schema), inline(each.description || "")]);
    return rows.length ? [element("h4", {}, "Parameters"), ...table(["Name", "In", "Type", "Meaning"], rows)] : [];
  }

  function fieldTable(api, reference) {
    const schema = resolve(api, reference) || {};
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

  function bodyOf(api, call) {
    const body = resolve(api, call.requestBody);
    const [type, media] = Object.entries(body?.content || {})[0] || [];
    if (!media || !Object.keys(resolve(api, media.schema)?.properties || {}).length) return [];
    return [element("h4", {}, `Body (${type})`), ...paragraphs(body.description), ...fieldTable(api, media.schema)];
  }

  function answersOf(api, call) {
    const answers = Object.entries(call.responses || {}).map(([status, each]) => [status, resolve(api, each)]);
    const rows = answers.map(([status, each]) => [element("code", {}, status), inline(each?.description || "")]);
    const good = answers.find(([status, each]) => status.startsWith("2") && each?.content);
    return [element("h4", {}, "Answers"), ...table(["Status", "Meaning"], rows), ...(good ? answerBody(api, good) : [])];
  }

  function answerBody(api, [status, answer]) {
    const [type, media] = Object.entries(answer.content)[0];
    const example = exampleOf(api, media);
    return [element("h4", {}, `Answer ${status} (${type})`), ...fieldTable(api, media.schema), ...(example === null ? [] : [shown(example)])];
  }

  /** The call as a curl line, to try at once. */
  function curl(api, { method, path, call }) {
    const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${location.origin}${path}`];
    const secured = (call.security ?? api.security ?? []).some((each) => Object.keys(each).length);
    if (secured) lines.push("-H 'Authorization: Bearer TOKEN'");
    const [type, media] = Object.entries(resolve(api, call.requestBody)?.content || {})[0] || [];
    if (media) lines.push(`-H 'Content-Type: ${type}'`, `-d '${JSON.stringify(exampleOf(api, media)).replaceAll("'", "'\\''")}'`);
    return lines.join(" \\\n  ");
  }

  const methodBadge = (method) => element("span", { class: `method ${method}` }, method.toUpperCase());

  function callSection(api, each) {
    const { method, path, call } = each;
    return element("section", { class: "call", id: anchor(method, path) },
      element("h3", {}, methodBadge(method), pathCode(path)),
      paragraphs(call.summary), paragraphs(call.description, "about"),
      parameterTable(api, call), bodyOf(api, call), answersOf(api, call),
      element("h4", {}, "Try it"), shown(curl(api, each)));
  }

  function typeSection(api, [name, schema]) {
    const note = (schema.description || "").replaceAll("\n", "\n\n");
    return element("section", { class: "call", id: `type-${name}` }, element("h3", {}, name),
      paragraphs(note, "about"), fieldTable(api, schema));
  }

  function typesOf(api) {
    const types = Object.entries(api.components?.schemas || {}).filter(([, schema]) => Object.keys(schema.properties || {}).length);
    return types.length ? [element("h2", { id: "types" }, "Types"), ...types.map((each) => typeSection(api, each))] : [];
  }

  function contentsLink({ method, path }) {
    return element("a", { href: `#${anchor(method, path)}` }, methodBadge(method), pathCode(path));
  }

  function write(api) {
    const groups = [...callsByTag(api)];
    const notes = Object.fromEntries((api.tags || []).map((tag) => [tag.name, tag.description]));
    document.title = `${api.info.title} · API`;
    document.getElementById("title").textContent = api.info.title;
    document.getElementById("about").replaceChildren(
      element("p", { class: "about" }, `Version ${api.info.version} · `, element("a", { href: "/openapi.json" }, "openapi.json")),
      ...paragraphs(api.info.description));
    document.getElementById("contents").replaceChildren(...groups.flatMap(([tag, calls]) => [
      element("h2", {}, tag), ...calls.map(contentsLink)]), element("h2", {}, element("a", { href: "#types" }, "Types")));
    document.getElementById("calls").replaceChildren(...groups.flatMap(([tag, calls]) => [
      element("h2", {}, tag), ...paragraphs(notes[tag], "about"), ...calls.map((each) => callSection(api, each))]), ...typesOf(api));
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
