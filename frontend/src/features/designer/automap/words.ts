/** Names of columns as the words they are made of. */

/** `CustomerID`, `customer_id` and `customer-id` are `customer id`; digits are words of their own. */
export function words(name: string): string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Words that say the same in names of columns, as the first of each row. */
const ALIKE = [
  "id identifier key uuid guid",
  "number no num nr",
  "quantity qty count",
  "amount amt total sum",
  "created inserted added",
  "updated modified changed",
  "at on date time timestamp ts",
  "customer client cust",
  "address addr",
  "description descr desc",
  "phone telephone tel mobile",
  "email mail",
  "first given fore",
  "last family sur",
  "postcode zip postal",
  "price cost",
  "category cat",
  "status state",
];

const MEANING = new Map(
  ALIKE.flatMap((row) => row.split(" ").map((word, _, all) => [word, all[0] ?? word] as const)),
);

export function meaning(word: string): string {
  return MEANING.get(word) ?? singular(word);
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}
