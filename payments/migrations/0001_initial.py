import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import foundation.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('audit', '0002_guards'),
        ('auth', '__first__'),
        ('customers', '0002_guards'),
        ('ledger', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='PaymentBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('import_batch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.importbatch')),
                ('filename', models.CharField(max_length=200)),
                ('currency', foundation.fields.CurrencyField()),
                ('control_count', models.PositiveIntegerField(blank=True, null=True)),
                ('control_amount', foundation.fields.PlainAmountField(blank=True, null=True)),
                ('payment_count', models.PositiveIntegerField(verbose_name='payments')),
                ('payment_amount', foundation.fields.PlainAmountField(verbose_name='amount of payments')),
                ('unidentified_count', models.PositiveIntegerField(verbose_name='unidentified')),
                ('unidentified_amount', foundation.fields.PlainAmountField(verbose_name='amount unidentified')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'payment batch',
                'verbose_name_plural': 'payment batches',
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(('control_count', None), ('control_count', django.db.models.expressions.CombinedExpression(models.F('payment_count'), '+', models.F('unidentified_count'))), _connector='OR'), name='payments_paymentbatch_count_agrees'), models.CheckConstraint(condition=models.Q(('control_amount', None), ('control_amount', django.db.models.expressions.CombinedExpression(models.F('payment_amount'), '+', models.F('unidentified_amount'))), _connector='OR'), name='payments_paymentbatch_amount_agrees'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('control_amount'), models.F('currency')), name='payments_paymentbatch_control_amount_is_money'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('payment_amount'), models.F('currency')), name='payments_paymentbatch_payment_amount_is_money'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('unidentified_amount'), models.F('currency')), name='payments_paymentbatch_unidentified_amount_is_money')],
            },
        ),
        migrations.CreateModel(
            name='TenderType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('code', models.CharField(max_length=16, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('clearing_account', models.CharField(help_text='Number of the clearing account in the chart, for example 1012.', max_length=16)),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'tender type',
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z][A-Z0-9_]*$')), name='payments_tendertype_code_plain')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=32)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('payer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('tender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.tendertype')),
                ('clearing_account', models.CharField(max_length=16)),
                ('received_on', models.DateField()),
                ('currency', foundation.fields.CurrencyField()),
                ('amount', foundation.fields.AmountField()),
                ('fx_rate', foundation.fields.FxRateField()),
                ('external_id', models.CharField(blank=True, max_length=128)),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('request_key', models.CharField(blank=True, help_text='The form that was sent; sent twice, recorded once.', max_length=64)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.paymentbatch')),
                ('state', models.CharField(choices=[('RECEIVED', 'Received'), ('REVERSED', 'Reversed')], default='RECEIVED', max_length=10)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'payment',
                'permissions': [('record_payment', 'Can record payments and identify receipts'), ('import_payments', 'Can record files of payments'), ('reverse_payment', 'Can reverse payments'), ('reverse_any_payment', 'Can reverse what others recorded in error'), ('export_lists', 'Can export lists to files')],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['payer', '-received_on'], name='payments_payment_by_payer'), models.Index(fields=['-received_on', '-id'], name='payments_payment_by_day')],
                'constraints': [models.UniqueConstraint(fields=('entity', 'number'), name='payments_payment_number_unique'), models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('entity', 'tender', 'external_id'), name='payments_payment_external_id_once'), models.UniqueConstraint(condition=models.Q(('request_key', ''), _negated=True), fields=('request_key',), name='payments_payment_request_once'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payments_payment_amount_positive'), models.CheckConstraint(condition=models.Q(('state__in', ['RECEIVED', 'REVERSED'])), name='payments_payment_state_known'), models.CheckConstraint(condition=models.Q(('fx_rate__gt', 0)), name='payments_payment_fx_rate_positive'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('amount'), models.F('currency')), name='payments_payment_amount_is_money'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('fx_rate')), name='payments_payment_fx_rate_is_number')],
            },
        ),
        migrations.CreateModel(
            name='PaymentReversal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='payments.payment')),
                ('kind', models.CharField(choices=[('BOUNCED', 'Cheque bounced'), ('RETURNED', 'Returned by the bank'), ('RECORDED_IN_ERROR', 'Recorded in error')], max_length=20)),
                ('reversed_on', models.DateField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'payment reversal',
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['BOUNCED', 'RETURNED', 'RECORDED_IN_ERROR'])), name='payments_paymentreversal_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='RemittanceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remittance', to='payments.payment')),
                ('sequence', models.PositiveSmallIntegerField()),
                ('number', models.CharField(max_length=32, verbose_name='document number')),
                ('currency', foundation.fields.CurrencyField()),
                ('amount', foundation.fields.PlainAmountField(blank=True, help_text='Empty: all that is open.', null=True)),
            ],
            options={
                'verbose_name': 'remittance line',
                'default_permissions': ('view',),
                'constraints': [models.UniqueConstraint(fields=('payment', 'sequence'), name='payments_remittanceline_sequence_unique'), models.CheckConstraint(condition=models.Q(('amount', None), ('amount__gt', 0), _connector='OR'), name='payments_remittanceline_amount_positive'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('amount'), models.F('currency')), name='payments_remittanceline_amount_is_money')],
            },
        ),
        migrations.CreateModel(
            name='UnidentifiedReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.legalentity')),
                ('tender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.tendertype')),
                ('clearing_account', models.CharField(max_length=16)),
                ('received_on', models.DateField()),
                ('currency', foundation.fields.CurrencyField()),
                ('amount', foundation.fields.AmountField()),
                ('fx_rate', foundation.fields.FxRateField()),
                ('external_id', models.CharField(blank=True, max_length=128)),
                ('payer_text', models.CharField(blank=True, max_length=200, verbose_name='payer as received')),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('likely_payer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('match_basis', models.CharField(choices=[('PAYER', 'Payer named'), ('REMITTANCE', 'Document number in the remittance'), ('CREDITOR_REFERENCE', 'Structured creditor reference'), ('FREE_TEXT', 'Document number in the free text'), ('AMOUNT', 'Only one open document has this amount'), ('NONE', 'Nothing matched')], default='NONE', max_length=20)),
                ('confidence', models.PositiveSmallIntegerField(default=0)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='payments.paymentbatch')),
                ('state', models.CharField(choices=[('UNIDENTIFIED', 'Unidentified'), ('IDENTIFIED', 'Identified')], default='UNIDENTIFIED', max_length=12)),
                ('payment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='payments.payment')),
                ('identified_on', models.DateField(blank=True, null=True)),
                ('next_step', models.CharField(choices=[('RESEARCH', 'Search our own records'), ('ASK_BANK', 'Ask the bank for the sender'), ('ASK_CUSTOMER', 'Ask the likely customer'), ('RETURN', 'Return to the sender')], default='RESEARCH', max_length=12)),
                ('next_step_on', models.DateField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'unidentified receipt',
                'default_permissions': ('view',),
                'indexes': [models.Index(condition=models.Q(('state', 'UNIDENTIFIED')), fields=['received_on'], name='payments_receipt_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('entity', 'tender', 'external_id'), name='payments_unidentifiedreceipt_external_id_once'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payments_unidentifiedreceipt_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('identified_on', None), ('payment', None), ('state', 'UNIDENTIFIED')), models.Q(('identified_on__isnull', False), ('payment__isnull', False), ('state', 'IDENTIFIED')), _connector='OR'), name='payments_unidentifiedreceipt_payment_once_identified'), models.CheckConstraint(condition=models.Q(('confidence__lte', 100)), name='payments_unidentifiedreceipt_confidence_percent'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('amount'), models.F('currency')), name='payments_unidentifiedreceipt_amount_is_money'), models.CheckConstraint(condition=foundation.fields.IsNumber(models.F('fx_rate')), name='payments_unidentifiedreceipt_fx_rate_is_number'), models.CheckConstraint(condition=models.Q(('fx_rate__gt', 0)), name='payments_unidentifiedreceipt_fx_rate_positive')],
            },
        ),
    ]
