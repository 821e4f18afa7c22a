"""One module per format: native format -> dialogues -> native format, streamed both ways; `venues` reads databases.

Every corpus module has the same two functions:

    read(path, *, on_problem=None) -> Iterator[Dialogue]
    write(path, dialogues, *, draw=None, suffix_ids=False) -> int      # how many were written

What cannot be used at all (no such file, broken JSON, not UTF-8, another format) is an `InputError`. What is wrong with
one dialogue is a `duologue.dialogue.Problem(dialogue, where, what)`: a span outside its text, an unknown domain, an odd
number of turns, a log that is no list. `on_problem` decides what happens then:

- None (default): the first problem raises an `InputError` that names file, dialogue and field.
- a callable, e.g. `problems.append`: it is told of every problem and reading goes on. A dialogue that can be read is
  read without the odd part (which stays in `native`); one that cannot is left out, and its problem ends with
  "; left out".

A reader writes `for key, native in json_stream.read_object(path)` through `problems.decoded(...)`, which does this.
Writers go back to the parent's id of a derived dialogue: `children.native_ids` (DESIGN §2).
What the schema does not model lies under `native[<format>]`, as the difference to what the writer would write
(`merge_patch`), so that it stays small, and so that it gives way where a dialogue was changed since.
"""
