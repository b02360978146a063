import pytest

from switchboard.understanding.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wo ist meine Bestellung?", "de"),
        ("où est ma commande", "fr"),
        ("dónde está mi pedido", "es"),
        ("waar is mijn bestelling", "nl"),
        ("voglio un rimborso", "it"),
        ("onde está meu pedido", "pt"),
        ("gdzie jest moje zamówienie", "pl"),
        ("где мой заказ", "ru"),
        ("注文はどこですか", "ja"),
        ("我的订单在哪里", "zh"),
        ("أين طلبي", "ar"),
    ],
)
def test_another_language_is_recognised(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "refund",
        "wher is my oder",
        "danke",
        "REFUND NOW!!",
        "order 12345",
        "name is Jürgen de Vries",
        "😀😀",
        "is it on de way",
        "uma.ortega.314@example.com",
        "o.meu-pedido.para@example.com",
        "https://larkspur.example/mi/pedido/para/una",
    ],
)
def test_english_and_what_cannot_be_told_count_as_english(text: str) -> None:
    assert language_of(text) == "en"
