from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="first_sending_at",
            field=models.DateTimeField(blank=True, help_text="When it was first claimed: the age that ends re-sending.", null=True),
        ),
    ]
