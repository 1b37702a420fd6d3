from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0003_output_and_origin"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="airequest",
            options={
                "ordering": ["-created", "-id"],
                "permissions": [("view_request_text", "Can read the texts of other people's requests")],
                "verbose_name": "request",
                "verbose_name_plural": "requests",
            },
        ),
    ]
