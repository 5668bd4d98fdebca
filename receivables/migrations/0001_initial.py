import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import foundation.fields
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('customers', '0002_guards'),
        ('ledger', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='AllocationBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('payer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('kind', models.CharField(choices=[('APPLY', 'Applied'), ('REVERSE', 'Reversed')], max_length=8)),
                ('strategy', models.CharField(choices=[('OLDEST_DUE', 'Oldest due first'), ('REMITTANCE', 'As the payer advised'), ('EXPLICIT', 'As named by a person or a document'), ('MIRROR', 'Mirror of earlier allocations'), ('RETURN', 'Credit given back to the payer')], max_length=12)),
                ('on_date', models.DateField()),
                ('currency', foundation.fields.CurrencyField()),
                ('amount', foundation.fields.PlainAmountField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'allocation batch',
                'verbose_name_plural': 'allocation batches',
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'APPLY'), ('amount__gt', 0)), models.Q(('kind', 'REVERSE'), ('amount__lt', 0)), _connector='OR'), name='receivables_allocationbatch_sign_follows_kind'), models.CheckConstraint(condition=models.Q(('strategy__in', ['OLDEST_DUE', 'REMITTANCE', 'EXPLICIT', 'MIRROR', 'RETURN'])), name='receivables_allocationbatch_strategy_known'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('amount'), models.F('currency')), name='receivables_allocationbatch_amount_is_money')],
            },
        ),
        migrations.CreateModel(
            name='OpenItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('entity', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('source_type', models.CharField(help_text="Label of the document's model.", max_length=64)),
                ('source_id', models.BigIntegerField()),
                ('number', models.CharField(max_length=32)),
                ('side', models.CharField(choices=[('D', 'Debit'), ('C', 'Credit')], max_length=1)),
                ('doc_date', models.DateField(verbose_name='document date')),
                ('due_date', models.DateField()),
                ('currency', foundation.fields.CurrencyField()),
                ('amount', foundation.fields.PlainAmountField()),
                ('open', foundation.fields.PlainAmountField()),
                ('disputed', foundation.fields.PlainAmountField(default=Decimal('0'))),
                ('fx_rate', foundation.fields.FxRateField(help_text="Functional currency per 1 of the item's currency.")),
                ('functional_amount', foundation.fields.PlainAmountField()),
                ('functional_open', foundation.fields.PlainAmountField()),
            ],
            options={
                'verbose_name': 'open item',
                'permissions': [('allocate', 'Can allocate credits to debits and take allocations back'), ('dispute_item', 'Can mark part of an open item as disputed'), ('export_lists', 'Can export lists to files')],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['payer', 'doc_date'], name='receivables_openitem_by_payer'), models.Index(condition=models.Q(('open__gt', 0)), fields=['payer', 'due_date'], name='receivables_openitem_open'), models.Index(fields=['number'], name='receivables_openitem_by_number')],
                'constraints': [models.UniqueConstraint(fields=('source_type', 'source_id', 'side'), name='receivables_openitem_one_per_document'), models.CheckConstraint(condition=models.Q(('side__in', ['D', 'C'])), name='receivables_openitem_side_known'), models.CheckConstraint(condition=models.Q(('open__gte', 0), ('open__lte', models.F('amount'))), name='receivables_openitem_open_within_amount'), models.CheckConstraint(condition=models.Q(('functional_open__gte', 0), ('functional_open__lte', models.F('functional_amount')), models.Q(('open__gt', 0), ('functional_open', 0), _connector='OR')), name='receivables_openitem_functional_open_within_amount'), models.CheckConstraint(condition=models.Q(('disputed__gte', 0), ('disputed__lte', models.F('amount'))), name='receivables_openitem_disputed_within_amount'), models.CheckConstraint(condition=models.Q(('fx_rate__gt', 0)), name='receivables_openitem_fx_rate_positive'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('amount'), models.F('currency')), name='receivables_openitem_amount_is_money'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('open'), models.F('currency')), name='receivables_openitem_open_is_money'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('disputed'), models.F('currency')), name='receivables_openitem_disputed_is_money'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('fx_rate')), name='receivables_openitem_fx_rate_is_number'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('functional_amount')), name='receivables_openitem_functional_amount_is_number')],
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='receivables.allocationbatch')),
                ('debit_item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='receivables.openitem')),
                ('credit_item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='receivables.openitem')),
                ('currency', foundation.fields.CurrencyField()),
                ('amount', foundation.fields.PlainAmountField()),
                ('functional_debit', foundation.fields.PlainAmountField(help_text="Worth at the debit item's rate.")),
                ('functional_credit', foundation.fields.PlainAmountField(help_text="Worth at the credit item's rate.")),
                ('realised_fx', foundation.fields.PlainAmountField(help_text="Credit's worth less debit's: a gain if positive.")),
                ('on_date', models.DateField(db_index=True)),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mirror', to='receivables.allocation')),
            ],
            options={
                'verbose_name': 'allocation',
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('reverses', None), ('amount__gt', 0)), models.Q(('reverses__isnull', False), ('amount__lt', 0)), _connector='OR'), name='receivables_allocation_sign_follows_reverses'), models.CheckConstraint(condition=models.Q(('realised_fx', django.db.models.expressions.CombinedExpression(models.F('functional_credit'), '-', models.F('functional_debit')))), name='receivables_allocation_realised_fx_is_difference'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('amount'), models.F('currency')), name='receivables_allocation_amount_is_money'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('functional_debit')), name='receivables_allocation_functional_debit_is_number'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('functional_credit')), name='receivables_allocation_functional_credit_is_number')],
            },
        ),
        migrations.CreateModel(
            name='DisputeMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on_date', models.DateField()),
                ('disputed', foundation.fields.PlainAmountField(help_text='In the currency of the item.')),
                ('reason', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispute_marks', to='receivables.openitem')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'dispute mark',
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(('disputed__gte', 0)), name='receivables_disputemark_not_negative'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('disputed')), name='receivables_disputemark_disputed_is_number')],
            },
        ),
    ]
