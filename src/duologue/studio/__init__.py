"""The web app: people annotate, compare, talk, and look at attention and runs. `app.make_app` puts it together."""
