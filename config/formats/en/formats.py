"""How Django writes moments where no template says otherwise, which is the admin: to the second, and in UTC."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i:s"
