/** What is wrong with the text of a build file, and on which line. */
export class Unreadable extends Error {
  readonly line: number;
  constructor(message: string, line = 1) {
    super(message);
    this.name = "Unreadable";
    this.line = line;
  }
}
