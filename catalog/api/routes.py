"""Where the catalogue stands in the API."""

from catalog.api.discounts import CouponViewSet, DiscountViewSet, PromotionViewSet
from catalog.api.views import OfferViewSet, PriceViewSet, ProductViewSet

ROUTES = [
    ("products", ProductViewSet, "product"),
    ("offers", OfferViewSet, "offer"),
    ("prices", PriceViewSet, "price"),
    ("discounts", DiscountViewSet, "discount"),
    ("promotions", PromotionViewSet, "promotion"),
    ("coupons", CouponViewSet, "coupon"),
]
