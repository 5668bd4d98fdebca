import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import foundation.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='UsageEvent',
            fields=[
                ('pk', models.CompositePrimaryKey('account_id', 'event_start', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', models.BigIntegerField()),
                ('account_id', models.BigIntegerField()),
                ('event_start', models.DateTimeField()),
                ('event_end', models.DateTimeField()),
                ('source_id', models.BigIntegerField()),
                ('event_key', models.CharField(max_length=128)),
                ('usage_type', models.CharField(max_length=40)),
                ('identifier_type', models.CharField(max_length=16)),
                ('identifier', models.CharField(max_length=64)),
                ('quantity', foundation.fields.QuantityField()),
                ('billable_quantity', foundation.fields.QuantityField()),
                ('attributes', models.JSONField(default=dict)),
                ('service_id', models.BigIntegerField()),
                ('subscription_charge_id', models.BigIntegerField()),
                ('on_date', models.DateField()),
                ('attribute_key', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('GUIDED', 'Guided'), ('RATED', 'Rated')], max_length=6)),
                ('amount_exact', foundation.fields.UnitPriceField(null=True)),
                ('currency', foundation.fields.CurrencyField(null=True)),
                ('price_version_id', models.BigIntegerField(null=True)),
                ('file_id', models.BigIntegerField()),
                ('row_number', models.BigIntegerField()),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'rating_usageevent',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='UsageKey',
            fields=[
                ('pk', models.CompositePrimaryKey('source_id', 'key_hash', blank=True, editable=False, primary_key=True, serialize=False)),
                ('source_id', models.BigIntegerField()),
                ('file_id', models.BigIntegerField()),
                ('row_number', models.IntegerField()),
                ('key_hash', models.UUIDField()),
                ('content_hash', models.BinaryField(max_length=8)),
            ],
            options={
                'db_table': 'rating_usagekey',
            },
        ),
        migrations.CreateModel(
            name='UsageAggregate',
            fields=[
                ('pk', models.CompositePrimaryKey('account_id', 'subscription_charge_id', 'service_id', 'on_date', 'attribute_key', blank=True, editable=False, primary_key=True, serialize=False)),
                ('account_id', models.BigIntegerField()),
                ('subscription_charge_id', models.BigIntegerField()),
                ('service_id', models.BigIntegerField()),
                ('on_date', models.DateField()),
                ('attribute_key', models.CharField(max_length=200)),
                ('quantity', models.DecimalField(decimal_places=8, max_digits=34)),
                ('event_count', models.BigIntegerField()),
                ('amount', models.DecimalField(decimal_places=10, max_digits=32, null=True)),
            ],
            options={
                'db_table': 'rating_usageaggregate',
                'constraints': [models.CheckConstraint(condition=models.Q(('event_count__gt', 0)), name='rating_usageaggregate_counts_events'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('quantity')), name='rating_usageaggregate_quantity_is_number'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('amount')), name='rating_usageaggregate_amount_is_number')],
            },
        ),
        migrations.CreateModel(
            name='UsageSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('time_zone', models.CharField(default='UTC', help_text='Zone of times that carry none.', max_length=64)),
                ('late_days', models.PositiveIntegerField(blank=True, help_text='Older events wait in suspense as TOO_LATE; empty accepts any age (RATE-3).', null=True)),
                ('needs_trailer', models.BooleanField(default=False, help_text='Refuse a file without #TRAILER,count,sum.')),
                ('numbers_files', models.BooleanField(default=False, help_text='The digits before the extension number the files without gap.')),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Za-z0-9][A-Za-z0-9_.-]*$')), name='rating_usagesource_code_plain')],
            },
        ),
        migrations.CreateModel(
            name='UsageFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rating.usagesource')),
                ('name', models.CharField(max_length=255)),
                ('sha256', models.CharField(max_length=64)),
                ('format', models.CharField(choices=[('CSV', 'CSV'), ('XLSX', 'Excel'), ('API', 'API')], max_length=4)),
                ('sequence', models.BigIntegerField(blank=True, null=True)),
                ('gap_before', models.BigIntegerField(blank=True, help_text='First number missing before this file when it came.', null=True)),
                ('state', models.CharField(choices=[('RECEIVED', 'Received'), ('LOADING', 'Loading'), ('LOADED', 'Loaded'), ('REJECTED', 'Rejected')], default='RECEIVED', max_length=8)),
                ('columns', models.JSONField(default=list)),
                ('path', models.CharField(blank=True, default='', max_length=500)),
                ('declared_count', models.BigIntegerField(blank=True, null=True)),
                ('declared_quantity', models.DecimalField(blank=True, decimal_places=8, max_digits=32, null=True)),
                ('received_count', models.BigIntegerField(default=0)),
                ('loaded_count', models.BigIntegerField(default=0)),
                ('duplicate_count', models.BigIntegerField(default=0)),
                ('suspended_count', models.BigIntegerField(default=0)),
                ('received_quantity', models.DecimalField(decimal_places=8, default=0, max_digits=32)),
                ('loaded_quantity', models.DecimalField(decimal_places=8, default=0, max_digits=32)),
                ('problem', models.CharField(blank=True, default='', max_length=500)),
                ('received_at', models.DateTimeField()),
                ('loaded_at', models.DateTimeField(blank=True, null=True)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('load_usage', 'Can load usage files'), ('rate_usage', 'Can rate stored usage again'), ('export_lists', 'Can export lists to files')],
                'indexes': [models.Index(fields=['source', '-id'], name='rating_usagefile_recent')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'REJECTED'), _negated=True), fields=('source', 'sha256'), name='rating_usagefile_once_per_source'), models.UniqueConstraint(condition=models.Q(('sequence__isnull', False), models.Q(('state', 'REJECTED'), _negated=True)), fields=('source', 'sequence'), name='rating_usagefile_sequence_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'LOADED'), _negated=True), ('received_count', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('loaded_count'), '+', models.F('duplicate_count')), '+', models.F('suspended_count'))), _connector='OR'), name='rating_usagefile_rows_balance'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'LOADED'), _negated=True), ('declared_count__isnull', True), ('declared_count', models.F('received_count')), _connector='OR'), name='rating_usagefile_declared_count_kept'), models.CheckConstraint(condition=models.Q(('state__in', ['RECEIVED', 'LOADING', 'LOADED', 'REJECTED'])), name='rating_usagefile_state_known'), models.CheckConstraint(condition=models.Q(('received_count__gte', 0), ('loaded_count__gte', 0), ('duplicate_count__gte', 0), ('suspended_count__gte', 0)), name='rating_usagefile_counts_not_negative'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('declared_quantity')), name='rating_usagefile_declared_quantity_is_number'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('received_quantity')), name='rating_usagefile_received_quantity_is_number'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('loaded_quantity')), name='rating_usagefile_loaded_quantity_is_number')],
            },
        ),
        migrations.CreateModel(
            name='SuspenseItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rating.usagesource')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rating.usagefile')),
                ('row_number', models.BigIntegerField()),
                ('reason', models.CharField(choices=[('BAD_ROW', 'BAD_ROW'), ('BAD_TEXT', 'BAD_TEXT'), ('BAD_TIME', 'BAD_TIME'), ('BAD_QUANTITY', 'BAD_QUANTITY'), ('BAD_ATTRIBUTE', 'BAD_ATTRIBUTE'), ('NEGATIVE', 'NEGATIVE'), ('WRONG_SOURCE', 'WRONG_SOURCE'), ('UNKNOWN_TYPE', 'UNKNOWN_TYPE'), ('UNKNOWN_UNIT', 'UNKNOWN_UNIT'), ('TOO_LATE', 'TOO_LATE'), ('IN_FUTURE', 'IN_FUTURE'), ('DUP_CONFLICT', 'DUP_CONFLICT'), ('NO_OWNER', 'NO_OWNER'), ('INACTIVE_SERVICE', 'INACTIVE_SERVICE'), ('NO_CHARGE', 'NO_CHARGE'), ('NO_PRICE', 'NO_PRICE'), ('NO_ZONE', 'NO_ZONE')], max_length=20)),
                ('column', models.CharField(blank=True, default='', max_length=60)),
                ('message', models.CharField(blank=True, default='', max_length=300)),
                ('fields', models.JSONField(help_text='The row as received, by column.')),
                ('corrections', models.JSONField(blank=True, default=dict, help_text='What a clerk changed, by column.')),
                ('usage_type', models.CharField(blank=True, default='', max_length=40)),
                ('identifier', models.CharField(blank=True, default='', max_length=64)),
                ('event_start', models.DateTimeField(blank=True, null=True)),
                ('quantity', models.DecimalField(blank=True, decimal_places=8, max_digits=24, null=True)),
                ('holds_key', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('OPEN', 'Open'), ('RECYCLED', 'Recycled'), ('DUPLICATE', 'Duplicate'), ('WRITTEN_OFF', 'Written off')], default='OPEN', max_length=11)),
                ('attempts', models.IntegerField(default=0)),
                ('received_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('resolution', models.CharField(blank=True, default='', max_length=300)),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('recycle_suspense', 'Can correct and recycle suspended usage'), ('write_off_usage', 'Can write off suspended usage')],
                'indexes': [models.Index(condition=models.Q(('state', 'OPEN')), fields=['reason', '-id'], name='rating_suspenseitem_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('file', 'row_number'), name='rating_suspenseitem_row_once'), models.CheckConstraint(condition=models.Q(('reason__in', ['BAD_ROW', 'BAD_TEXT', 'BAD_TIME', 'BAD_QUANTITY', 'BAD_ATTRIBUTE', 'NEGATIVE', 'WRONG_SOURCE', 'UNKNOWN_TYPE', 'UNKNOWN_UNIT', 'TOO_LATE', 'IN_FUTURE', 'DUP_CONFLICT', 'NO_OWNER', 'INACTIVE_SERVICE', 'NO_CHARGE', 'NO_PRICE', 'NO_ZONE'])), name='rating_suspenseitem_reason_known'), models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'RECYCLED', 'DUPLICATE', 'WRITTEN_OFF'])), name='rating_suspenseitem_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'WRITTEN_OFF'), _negated=True), models.Q(('resolution', ''), _negated=True), _connector='OR'), name='rating_suspenseitem_written_off_with_reason'), models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', True), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('resolved_at__isnull', False)), _connector='OR'), name='rating_suspenseitem_end_is_dated'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('quantity')), name='rating_suspenseitem_quantity_is_number')],
            },
        ),
        migrations.CreateModel(
            name='UsageFilePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='rating.usagefile')),
                ('number', models.IntegerField()),
                ('row_count', models.BigIntegerField()),
                ('state', models.CharField(choices=[('PENDING', 'Pending'), ('DONE', 'Done')], default='PENDING', max_length=8)),
                ('loaded_count', models.BigIntegerField(default=0)),
                ('duplicate_count', models.BigIntegerField(default=0)),
                ('suspended_count', models.BigIntegerField(default=0)),
                ('received_quantity', models.DecimalField(decimal_places=8, default=0, max_digits=32)),
                ('loaded_quantity', models.DecimalField(decimal_places=8, default=0, max_digits=32)),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='rating_usagefilepart_number_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'DONE'), _negated=True), ('row_count', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('loaded_count'), '+', models.F('duplicate_count')), '+', models.F('suspended_count'))), _connector='OR'), name='rating_usagefilepart_rows_balance'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('received_quantity')), name='rating_usagefilepart_received_quantity_is_number'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('loaded_quantity')), name='rating_usagefilepart_loaded_quantity_is_number')],
            },
        ),
    ]
