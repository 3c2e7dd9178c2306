// The sheet file and the CSV made of it; campaign_app/exports/rules.py is the other reader and writer, and tells the format.

const COLUMNS = {
  id: (contact) => contact.id,
  name: (contact) => contact.name,
  email: (contact) => contact.email,
  country: (contact) => contact.country,
  language: (contact) => contact.language,
  consent_signing: (contact) => contact.consents.signing,
  consent_updates: (contact) => contact.consents.updates,
  text_version: (contact) => contact.text_version,
};
// As CiviCRM's import of individuals names its fields. Nobody's name is split: it stands whole in the first.
const CIVICRM = {
  "First Name": (contact) => contact.name,
  Email: (contact) => contact.email,
  Country: (contact) => contact.country,
  "Preferred Language": (contact) => contact.language,
  "No Bulk Emails (User Opt Out)": ({ consents: { updates } }) => (updates === undefined ? updates : Number(updates === null)),
};
const LAYOUTS = { plain: COLUMNS, civicrm: CIVICRM };
const KINDS = ["delivery", "contacts"];
const BYTE_ORDER_MARK = "\ufeff"; // without it Excel reads Arabic as something else
const FORMULA_START = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

// The chosen file is not a sheet that can be opened; `reason` is a key of the texts.
class NotASheet extends Error {
  constructor(reason, details = {}) {
    super(reason);
    this.reason = reason;
    this.details = details;
  }
}

function headerOf(line) {
  let header;
  try {
    header = JSON.parse(line);
  } catch {
    throw new NotASheet("not_a_sheet");
  }
  if (header === null || header.format !== "nidaa-sheet") throw new NotASheet("not_a_sheet");
  if (![1, 2, 3].includes(header.version)) throw new NotASheet("sheet_of_other_version");
  if (header.version < 3) header.kind = "delivery";
  if (!KINDS.includes(header.kind)) throw new NotASheet("sheet_of_other_version");
  const isWhole =
    typeof header.petition === "string" &&
    Number.isSafeInteger(header.rows) &&
    header.rows >= 0 &&
    Array.isArray(header.keys) &&
    Array.isArray(header.columns) &&
    header.columns.length > 0;
  if (!isWhole) throw new NotASheet("not_a_sheet");
  if (header.columns.some((name) => !Object.hasOwn(COLUMNS, name))) throw new NotASheet("sheet_of_other_version");
  return header;
}

// From version 2 on a row says whether the person still wants news: what was sealed tells the day they signed.
function partsOf(line, version) {
  const [sealed, mark, ...more] = line.trim().split("\t");
  if (version === 1) return { sealed: line.trim(), wantsUpdates: true };
  if ((mark !== "0" && mark !== "1") || more.length) throw new CannotOpen("row_damaged");
  return { sealed, wantsUpdates: mark === "1" };
}

// What may be used of a contact: a consent that was withdrawn since is gone, and whoever gave none is in no sheet of contacts.
function usable(contact, wantsUpdates, kind) {
  if (!contact.consents) throw new CannotOpen("row_damaged");
  const found = wantsUpdates ? contact : { ...contact, consents: { ...contact.consents, updates: null } };
  if (kind === "contacts" && !found.consents.updates) throw new CannotOpen("row_without_consent");
  return found;
}

function headingsOf(header, layout) {
  return layout === "plain" ? header.columns : Object.keys(LAYOUTS[layout]);
}

function csvLine(values) {
  return `${values.map(csvCell).join(",")}\r\n`;
}

// A spreadsheet must show what people typed and never run it.
function csvCell(value) {
  const text = FORMULA_START.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

function csvRow(contact, headings, layout) {
  return csvLine(
    headings.map((name) => {
      const value = LAYOUTS[layout][name](contact);
      if (value === null) return "";
      if (typeof value === "string" || Number.isSafeInteger(value)) return String(value);
      throw new CannotOpen("row_damaged");
    }),
  );
}
