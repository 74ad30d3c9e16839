"""Misspelt words are looked up by an index on their trigrams with thresholds measured on tests/data/misspellings.csv: some hundredths of a millisecond.

The thresholds belong to the function, so that no connection has to be set up for them.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

STATEMENTS = (
    "DROP INDEX search_word_trigrams",
    "CREATE INDEX search_word_grams ON search_word USING gin (word gin_trgm_ops)",
    """
    CREATE FUNCTION similar_words(typed text, most int) RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE
    SET pg_trgm.similarity_threshold = 0.2 SET pg_trgm.word_similarity_threshold = 0.35
    AS $$
      (SELECT word FROM search_word WHERE word % typed ORDER BY word <-> typed, word LIMIT most)
      UNION (SELECT word FROM search_word WHERE typed <% word ORDER BY typed <<-> word, word LIMIT most)
    $$
    """,
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0006_mail")]

    operations = [ops.RunSQL(list(STATEMENTS), reverse_sql=ops.RunSQL.noop)]
