// Draws openapi.json. All texts are set as text: nothing of the description is ever read as HTML.
"use strict";

const make = (name, text, ...children) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children.filter(Boolean));
  return element;
};

const classed = (name, element) => {
  element.className = name;
  return element;
};

const table = (heads, rows) => {
  const row = (cells, kind) => make("tr", "", ...cells.map((cell) => make(kind, cell)));
  return make("table", "", row(heads, "th"), ...rows.map((cells) => row(cells, "td")));
};

const named = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.oneOf || schema.anyOf) return (schema.oneOf || schema.anyOf).map(named).join(" | ");
  if (schema.enum) return schema.enum.join(" | ");
  const type = [].concat(schema.type || "any").join(" | ");
  if (schema.items) return `${named(schema.items)}[]`;
  return schema.format ? `${type} (${schema.format})` : type;
};

const contents = (part) => Object.values(part.content || {}).map((content) => named(content.schema)).join(" | ");

const operation = (path, method, told) => {
  const head = make("summary", "", classed("method", make("span", method.toUpperCase())), make("code", path),
    classed("words", make("span", told.summary)));
  const parameters = (told.parameters || []).map((one) =>
    [one.name, one.in + (one.required ? ", required" : ""), named(one.schema), one.description || ""]);
  const answers = Object.entries(told.responses).map(([status, answer]) => [status, contents(answer), answer.description]);
  const body = told.requestBody && make("p", `Takes ${contents(told.requestBody)}. ${told.requestBody.description || ""}`);
  return make("details", "", head, told.description && make("p", told.description),
    parameters.length && table(["name", "where", "type", ""], parameters), body,
    table(["status", "answer", ""], answers));
};

const draw = (description) => {
  const page = document.getElementById("page");
  page.replaceChildren(...description.info.description.split("\n\n").map((text) => make("p", text)));
  for (const tag of description.tags) {
    page.append(make("h2", tag.name), make("p", tag.description));
    for (const [path, item] of Object.entries(description.paths))
      for (const [method, told] of Object.entries(item))
        if (told.tags.includes(tag.name)) page.append(operation(path, method, told));
  }
  page.append(make("h2", "Schemas"));
  for (const [name, schema] of Object.entries(description.components.schemas))
    page.append(make("details", "", make("summary", "", make("code", name), classed("words", make("span", schema.description))),
      make("pre", JSON.stringify(schema, null, 2))));
};

fetch("/api/v1/openapi.json")
  .then((answer) => answer.json())
  .then(draw)
  .catch((problem) => { document.getElementById("page").textContent = `The description cannot be shown: ${problem}`; });
