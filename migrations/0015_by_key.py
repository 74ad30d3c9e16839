"""What is looked up by a random key is found in one page of a hash index, however many there are: a B-tree has a level more in a large shop."""

from tortoise import fields, migrations
from tortoise.contrib.postgres.indexes import HashIndex
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [('linesheet', '0014_similar_words_planned')]

    operations = [
        ops.AlterField(
            model_name='Asset',
            name='product',
            field=fields.ForeignKeyField('linesheet.Product', source_field='product_id', db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE),
        ),
        ops.AddIndex(
            model_name='Asset',
            index=HashIndex(fields=['product_id'], name='asset_by_product'),
        ),
        ops.AddIndex(
            model_name='Product',
            index=HashIndex(fields=['id'], name='product_by_key'),
        ),
        ops.AlterField(
            model_name='Variant',
            name='product',
            field=fields.ForeignKeyField('linesheet.Product', source_field='product_id', db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE),
        ),
        ops.AddIndex(
            model_name='Variant',
            index=HashIndex(fields=['id'], name='variant_by_key'),
        ),
        ops.AddIndex(
            model_name='Variant',
            index=HashIndex(fields=['product_id'], name='variant_by_product'),
        ),
    ]
