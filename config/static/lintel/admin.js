// The policy allows no style elements; nothing of the admin uses these.
htmx.config.includeIndicatorStyles = false;
