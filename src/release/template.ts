// {{version}} and the like in settings: a few known words, put in as they are. Nothing is computed and nothing is run.

const PLACE = /\{\{([^{}]*)\}\}/g;

/** A template that names something that is not there; the message says what there is. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TemplateError";
  }
}

/** The text with the values in its places. Throws TemplateError for a word without a value, and for a place that is not closed. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  const out = template.replaceAll(PLACE, (_, inner: string) => {
    const word = inner.trim();
    if (!Object.hasOwn(values, word))
      throw new TemplateError(
        `{{${word}}} means nothing here: write one of ${Object.keys(values)
          .map((name) => `{{${name}}}`)
          .join(", ")}`,
      );
    return values[word];
  });
  if (/\{\{|\}\}/.test(template.replaceAll(PLACE, "")))
    throw new TemplateError("{{ and }} go around one word, as in {{version}}");
  return out;
}
