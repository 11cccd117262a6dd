/** A reason without the expression that it begins with, for where that stands beside it. */
export const withoutExpression = (why: string): string => why.replace(/^`[^`]*`: /, "");

/** What the agent says, with the names that it puts between backticks as data. */
export const Said = ({ text }: { text: string }) =>
  text.split(/`([^`]*)`/).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <code key={at} className="data">
        {part}
      </code>
    ),
  );
