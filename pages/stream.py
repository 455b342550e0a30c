"""Stream: people come one by one or in small batches; gaps, alerts and drift as they do."""

from fairlab.language import tr
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import stream_view as view
from fairlab.ui.widgets.stream_people import people_of
from fairlab.ui.widgets.stream_settings import choose_settings
from fairlab.ui.widgets.subject import choose_subject

begin_page(
    tr("Stream"),
    tr(
        "People seldom come all at once. Play them in batches and watch how "
        "far apart groups are so far, with and without a rule that moves "
        "scores to keep it near a slack."
    ),
)
subject = choose_subject(key="stream", splits=("test",), scores=True)
people = people_of(subject)
settings = choose_settings(subject, people)
played = view.played(people, settings)
seen = view.watched(played, people, settings)

view.show_headlines(played, settings)
view.show_player(played, people, settings, seen)
view.show_tables(played, people, settings, seen)
view.offer_download(played, people, settings, seen, subject)
