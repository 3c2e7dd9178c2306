// The view that opens a sealed sheet to a table.

let layout = "plain"; // which columns the table shall have
let result = null; // what came out of it

function openView() {
  if (result) return resultView();
  if (work) return workView("open_running");
  return [
    heading("task_open"),
    make("p", {}, say("open_lead")),
    onlineNotice(),
    ...sheetField(),
    layoutField(),
    secretField(),
    make("div", { class: "actions" }, button("open_do", startOpening, "main")),
  ];
}

function layoutField() {
  const choice = (name) =>
    make(
      "p",
      { class: "choice" },
      make("input", { type: "radio", name: "layout", id: `layout-${name}`, value: name, checked: name === layout, change: () => (layout = name) }),
      make("label", { for: `layout-${name}` }, say(`open_layout_${name}`)),
    );
  return make("fieldset", { class: "field" }, make("legend", {}, make("h2", {}, say("open_layout"))), Object.keys(LAYOUTS).map(choice));
}

async function startOpening() {
  clearErrors();
  if (!sheet) {
    showErrors(say("open_no_file"));
    return;
  }
  const chosen = layout;
  const done = await workOnSheet((given) => openSheet({ ...given, layout: chosen }));
  if (!done) return;
  result = { ...done, layout: chosen };
  sheet = null;
  showAnew();
}

function resultView() {
  const { header, parts, seen, failed } = result;
  const isWhole = seen === header.rows && failed.length === 0;
  const ending = result.layout === "plain" ? "" : `-${result.layout}`;
  const save = () => saveFile(`${header.petition}-${header.made_at.slice(0, 10)}${ending}.csv`, parts, "text/csv;charset=utf-8");
  const another = () => {
    result = null;
    showAnew();
  };
  return [
    heading(isWhole ? "open_done" : "open_done_part"),
    make("p", { id: "opened" }, say("rows_opened", { n: seen - failed.length })),
    missingRows(header.rows - seen),
    failed.length ? failedRows(failed) : null,
    factsOf(...whatFor(header)),
    whatItHolds(header),
    make("p", {}, say("download_hint")),
    make("div", { class: "actions" }, button("download", save, "main"), button("open_another", another)),
  ];
}

// A table outlives the count it was made from, so it goes out with the number and the moment it belongs to.
function whatItHolds(header) {
  const people = header.statement?.people;
  const moment = sayMoment(new Date(header.made_at));
  const counted = Number.isSafeInteger(people) ? say("open_counted", { n: people, moment }) : "";
  return make("p", { id: "holds" }, `${counted} ${say("open_holds", { n: header.rows })} ${say("open_since")}`.trim());
}
