import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import foundation.fields
import ledger.models.entity
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('audit', '0002_guards'),
        ('auth', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Currency',
            fields=[
                ('code', foundation.fields.CurrencyField(primary_key=True, serialize=False)),
                ('minor_units', models.PositiveSmallIntegerField()),
                ('cash_step', foundation.fields.PlainAmountField(default=Decimal('0'))),
            ],
            options={
                'verbose_name_plural': 'currencies',
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('minor_units__range', (0, 4))), name='ledger_currency_minor_units'), models.CheckConstraint(condition=models.Q(('cash_step__gte', 0)), name='ledger_currency_cash_step'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('cash_step')), name='ledger_currency_cash_step_is_number')],
            },
        ),
        migrations.CreateModel(
            name='LegalEntity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('code', models.CharField(max_length=16, unique=True, validators=[django.core.validators.RegexValidator('^[A-Z0-9][A-Z0-9-]*$')])),
                ('name', models.CharField(max_length=200)),
                ('country', models.CharField(max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$')])),
                ('functional_currency', foundation.fields.CurrencyField()),
                ('time_zone', models.CharField(max_length=64, validators=[ledger.models.entity.validate_time_zone])),
                ('fiscal_year_start', models.PositiveSmallIntegerField(default=1, help_text='The month, 1 to 12, in which the fiscal year begins.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)])),
                ('tax_rounding', models.CharField(choices=[('LINE', 'Per line'), ('DOCUMENT', 'Per document')], default='LINE', max_length=8)),
                ('credit_style', models.CharField(choices=[('NEGATIVE_LINE', 'Negative lines on the next invoice'), ('CREDIT_NOTE', 'A credit note of its own')], default='CREDIT_NOTE', max_length=13)),
                ('address_line1', models.CharField(blank=True, default='', max_length=200)),
                ('address_line2', models.CharField(blank=True, default='', max_length=200)),
                ('postcode', models.CharField(blank=True, default='', max_length=20)),
                ('town', models.CharField(blank=True, default='', max_length=100)),
                ('region', models.CharField(blank=True, default='', max_length=100)),
                ('vat_id', models.CharField(blank=True, default='', max_length=32, verbose_name='VAT id')),
                ('email', models.EmailField(blank=True, default='', max_length=254)),
                ('bank_details', models.TextField(blank=True, default='', max_length=1000)),
            ],
            options={
                'verbose_name_plural': 'legal entities',
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('fiscal_year_start__range', (1, 12))), name='ledger_legalentity_fiscal_year_start')],
            },
        ),
        migrations.CreateModel(
            name='EntityAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
            ],
            options={
                'verbose_name_plural': 'entity access',
                'constraints': [models.UniqueConstraint(fields=('user', 'entity'), name='ledger_entityaccess_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('base', foundation.fields.CurrencyField()),
                ('quote', foundation.fields.CurrencyField()),
                ('kind', models.CharField(choices=[('SPOT', 'Spot'), ('CLOSING', 'Closing'), ('AVERAGE', 'Average'), ('TAX', 'Tax')], default='SPOT', max_length=8)),
                ('on_date', models.DateField()),
                ('rate', foundation.fields.FxRateField()),
                ('source', models.CharField(blank=True, default='', max_length=80)),
            ],
            options={
                'ordering': ['-on_date', 'base', 'quote'],
                'constraints': [models.UniqueConstraint(fields=('base', 'quote', 'kind', 'on_date'), name='ledger_exchangerate_is_unique'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='ledger_exchangerate_is_positive'), models.CheckConstraint(condition=models.Q(('base', models.F('quote')), _negated=True), name='ledger_exchangerate_is_of_two'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('rate')), name='ledger_exchangerate_rate_is_number')],
            },
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('source_type', models.CharField(max_length=80)),
                ('source_id', models.BigIntegerField()),
                ('event', models.CharField(max_length=8)),
                ('version', models.PositiveSmallIntegerField(db_default=1, default=1)),
                ('accounting_date', models.DateField()),
                ('currency', foundation.fields.CurrencyField()),
                ('fx_rate', foundation.fields.FxRateField(db_default=Decimal('1'), default=Decimal('1'))),
                ('description', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('reversal_of', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='ledger.journalentry')),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('posted_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
            ],
            options={
                'verbose_name_plural': 'journal entries',
                'permissions': [('post_to_soft_closed', 'Can post to a soft-closed accounting period'), ('export_lists', 'Can export lists to files')],
                'indexes': [models.Index(fields=['entity', 'accounting_date'], name='ledger_journalentry_date')],
                'constraints': [models.UniqueConstraint(fields=('source_type', 'source_id', 'event', 'version'), name='ledger_journalentry_once_per_event'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('fx_rate')), name='ledger_journalentry_fx_rate_is_number')],
            },
        ),
        migrations.CreateModel(
            name='GLAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('number', models.CharField(max_length=16)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('ASSET', 'Asset'), ('LIABILITY', 'Liability'), ('REVENUE', 'Revenue'), ('EXPENSE', 'Expense')], max_length=9)),
                ('is_control', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name': 'GL account',
                'ordering': ['entity_id', 'number'],
                'constraints': [models.UniqueConstraint(fields=('entity', 'number'), name='ledger_glaccount_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='AccountingPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('state', models.CharField(choices=[('OPEN', 'Open'), ('SOFT_CLOSED', 'Soft closed: finance only'), ('CLOSED', 'Closed')], default='OPEN', max_length=11)),
                ('approval', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.approvalrequest')),
                ('changed_at', models.DateTimeField(editable=False, null=True)),
                ('changed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['entity_id', 'period'],
                'permissions': [('close_period', 'Can close an accounting period'), ('reopen_period', 'Can reopen an accounting period')],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('entity', '='), ('period', '&&')], name='ledger_accountingperiod_no_overlap'), models.CheckConstraint(condition=models.Q(('period__startswith__isnull', False), ('period__endswith__isnull', False), ('period__isempty', False)), name='ledger_accountingperiod_has_both_ends'), models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'SOFT_CLOSED', 'CLOSED'])), name='ledger_accountingperiod_state')],
            },
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('doc_type', models.CharField(max_length=16)),
                ('fiscal_year', models.PositiveSmallIntegerField()),
                ('prefix', models.CharField(blank=True, default='', max_length=20)),
                ('next_no', models.BigIntegerField(default=1)),
                ('width', models.PositiveSmallIntegerField(default=6)),
            ],
            options={
                'verbose_name_plural': 'number series',
                'ordering': ['entity_id', 'doc_type', 'fiscal_year'],
                'constraints': [models.UniqueConstraint(fields=('entity', 'doc_type', 'fiscal_year'), name='ledger_numberseries_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='PostingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('event', models.CharField(max_length=8)),
                ('gl_code', models.CharField(blank=True, default='', max_length=32)),
                ('debit_number', models.CharField(max_length=16)),
                ('credit_number', models.CharField(max_length=16)),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField()),
            ],
            options={
                'ordering': ['entity_id', 'event', 'gl_code'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('entity', '='), ('event', '='), ('gl_code', '='), ('valid', '&&')], name='ledger_postingrule_no_overlap'), models.CheckConstraint(condition=models.Q(('valid__isempty', False)), name='ledger_postingrule_valid_is_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='JournalLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='ledger.journalentry')),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.glaccount')),
                ('currency', foundation.fields.CurrencyField()),
                ('debit', foundation.fields.PlainAmountField(db_default=Decimal('0'), default=Decimal('0'))),
                ('credit', foundation.fields.PlainAmountField(db_default=Decimal('0'), default=Decimal('0'))),
                ('functional_debit', foundation.fields.PlainAmountField(db_default=Decimal('0'), default=Decimal('0'))),
                ('functional_credit', foundation.fields.PlainAmountField(db_default=Decimal('0'), default=Decimal('0'))),
                ('customer_id', models.BigIntegerField(null=True)),
                ('payer_id', models.BigIntegerField(null=True)),
                ('product_id', models.BigIntegerField(null=True)),
                ('jurisdiction_id', models.BigIntegerField(null=True)),
                ('tax_type', models.CharField(blank=True, db_default='', default='', max_length=32)),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'entry'], name='ledger_journalline_account')],
                'constraints': [models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('debit'), models.F('currency')), name='ledger_journalline_debit_is_money'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('credit'), models.F('currency')), name='ledger_journalline_credit_is_money'), models.CheckConstraint(condition=models.Q(('credit__gte', 0), ('debit__gte', 0), ('functional_credit__gte', 0), ('functional_debit__gte', 0), models.Q(('debit', 0), ('credit', 0), _connector='OR'), models.Q(('functional_debit', 0), ('functional_credit', 0), _connector='OR'), models.Q(('debit', 0), ('functional_credit', 0), _connector='OR'), models.Q(('credit', 0), ('functional_debit', 0), _connector='OR')), name='ledger_journalline_has_one_side'), models.CheckConstraint(condition=models.Q(('debit', models.F('credit')), ('functional_debit', models.F('functional_credit')), _negated=True), name='ledger_journalline_is_not_empty')],
            },
        ),
    ]
