"""What customers are told who write in a language that the assistant doesn't speak."""

SORRY = {
    "de": "Es tut mir leid, ich verstehe bisher nur Englisch. Ich verbinde Sie mit einem Menschen aus unserem Team.",
    "fr": "Je suis désolé, je ne comprends que l'anglais pour l'instant. Je vous mets en relation avec une personne de notre équipe.",
    "es": "Lo siento, por ahora solo entiendo inglés. Le pongo en contacto con una persona de nuestro equipo.",
    "it": "Mi dispiace, per ora capisco solo l'inglese. La metto in contatto con una persona del nostro team.",
    "nl": "Het spijt me, ik begrijp tot nu toe alleen Engels. Ik verbind u door met iemand van ons team.",
    "pt": "Desculpe, por enquanto só entendo inglês. Vou colocá-lo em contato com uma pessoa da nossa equipe.",
    "pl": "Przepraszam, na razie rozumiem tylko angielski. Połączę Państwa z osobą z naszego zespołu.",
    "tr": "Üzgünüm, şimdilik yalnızca İngilizce anlıyorum. Sizi ekibimizden bir kişiye bağlıyorum.",
    "sv": "Tyvärr förstår jag bara engelska än så länge. Jag kopplar dig till en person i vårt team.",
    "ru": "К сожалению, пока я понимаю только английский. Я соединю вас с нашим сотрудником.",
    "el": "Λυπάμαι, προς το παρόν καταλαβαίνω μόνο αγγλικά. Θα σας συνδέσω με έναν άνθρωπο της ομάδας μας.",
    "ar": "عذرًا، أفهم الإنجليزية فقط حتى الآن. سأوصلك بأحد أعضاء فريقنا.",
    "he": "מצטערים, בינתיים אני מבין רק אנגלית. אחבר אותך לאדם מהצוות שלנו.",
    "ko": "죄송합니다. 아직은 영어만 이해합니다. 저희 팀 담당자에게 연결해 드리겠습니다.",
    "ja": "申し訳ありません。今のところ英語しかわかりません。担当者におつなぎします。",
    "zh": "很抱歉，我目前只懂英语。我会为您转接我们团队的工作人员。",
    "th": "ขออภัย ตอนนี้ฉันเข้าใจเฉพาะภาษาอังกฤษ ฉันจะเชื่อมต่อคุณกับทีมงานของเรา",
    "hi": "क्षमा करें, अभी मैं केवल अंग्रेज़ी समझता हूँ। मैं आपको हमारी टीम के एक व्यक्ति से जोड़ता हूँ।",
}
"""By ISO 639-1 code, for every language that `switchboard.understanding.language` recognises."""

ENGLISH = "I'm sorry, I only understand English so far."


def sorry(language: str) -> str:
    """The apology in the customer's language, or in English for one we have no words in."""
    return SORRY.get(language, ENGLISH)
