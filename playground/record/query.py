r"""
The filter language, for `pg.log.filter(…)`, `pg.log.rows(…)` and the panel.

Words
    hello                 its text, its kind or its client's name has this word in it, in any case
    "two words"           the same, with a space
    /^he.*o$/             a regular expression that its text matches

Keys
    client:alice          kind:receive  dir:in  path:/echo  witness:wire  v:3  code:1006  connection:2
    kind:send,receive     a comma means "either"
    code>=4000            numbers, also < <= > =
    size>1kB              bytes of payload: B, kB, MB, GB (1000 each), KiB, MiB, GiB (1024 each)
    duration>0.5          milliseconds, or with a unit: us, ms, s, min; `took` is the same
    json.say=hello        a field of a JSON payload; json.user.name=alice and json.tags[0]=a go deeper
    json.n>3              a field that is a number, also < <= >=
    json.user             the field is there, whatever its value
    is:messages           a message that was received or sent
    is:hooks              a hook's own row, such as on_connect
    is:handled            the same, or a message that a hook handled
    is:errors             a failure: a row with an error, a refused handshake, an end that was not an ordinary one
    is:differ             a row whose witnesses differ, see `Row.agree`; is:disagree is the same
    is:pushed             a message that the playground sent in the place of the handler; see `Playground.push`

Together
    alice kind:send       both have to hold; alice AND kind:send is the same
    alice OR bob          one has to hold
    -kind:ping            must not hold, before any term and before brackets; NOT kind:ping is the same
    (alice OR bob) -kind:ping

What binds strongest comes first: brackets, the minus and NOT, terms side by side, OR. So `a b OR c` is `(a b) OR c`.
OR, AND and NOT are operators in capital letters only; `or` is a word, and so is "OR" in quotes. Brackets within a
word, as in `f(x)`, belong to it.

Plain words are found anywhere in the text. The values of keys are compared as a whole: `kind:rec` is a mistake, and
`client:al` finds only a client that is called so. A word that is followed by `:` or a comparison is a key; an unknown
one is a mistake, and in quotes it is text: "KeyError: 'say'". In quotes a comma is part of the value, as in
`client:"a,b"`; for `json.…` it always is. What is written wrong raises QueryError, which says the column.

A filter has at most 20,000 characters, 200 terms, 20 of them regular expressions, and brackets 20 deep. A regular
expression that takes too long is stopped with an error; see `playground.record.patterns`.

A row is found by its own kind and by the word of each witness that saw it, and a negated term has to hold for none of
them: `kind:receive -witness:handler` finds messages the handler never received. `is:` is about the row as a whole: if
it finds a row, it finds all its events. An end is an ordinary one if its witnesses agree and none of them reports a
code other than 1000, 1001 or 1005.

The steps are in `playground.record.filter`, and the same in the panel's `frontend/src/filter/`.
"""

from __future__ import annotations

from playground.record.filter.matcher import Query, query_of
from playground.record.filter.tree import tree
from playground.record.patterns import READING, Budget, Limits

__all__ = ["Query", "compile_query"]


def compile_query(text: str, limits: Limits = READING) -> Query:
    """
    Compile the text of a filter.

    Args:
        limits: how long its regular expressions may take, over the filter's whole life; its tests raise QueryError
            when one takes longer.

    Raises:
        QueryError: the text cannot be read; the message and `column` say where.
    """
    if not isinstance(text, str):
        raise TypeError(f"a filter has to be text, such as 'connection:3', not {text!r}")
    return query_of(tree(text), Budget(limits))
